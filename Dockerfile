# The workers' image. Python 3.12: the newest that every locked package has a ready-made wheel for on x86-64; elsewhere one or
# two are compiled, which is why packages are installed in the full image and then copied into the slim one.
FROM python:3.12 AS build
WORKDIR /app
RUN python -m venv .venv
COPY requirements/ requirements/
COPY devtools/install_lock devtools/install_lock
RUN devtools/install_lock requirements/runtime.lock && rm -f .venv/bin/uv .venv/bin/uvx
COPY . .
RUN .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m compileall -q .venv/lib broker streams rules tables agents sinks tidemark

FROM python:3.12-slim
RUN useradd --system --no-create-home --shell /usr/sbin/nologin tidemark
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1
USER tidemark
ENTRYPOINT ["tidemark"]
CMD ["--help"]
