# The workers' image, compiled as `make compile` does: what runs in production is what is fastest. On x86-64 every locked package has a
# ready-made wheel up to Python 3.14; elsewhere one or two are compiled, which is why packages are installed in the full image, with
# its C compiler, and then copied into the slim one.
ARG PYTHON=3.13

FROM python:${PYTHON} AS packages
WORKDIR /app
RUN python -m venv .venv
COPY requirements/ requirements/
COPY devtools/install_lock devtools/install_lock
RUN devtools/install_lock requirements/runtime.lock && rm -f .venv/bin/uv .venv/bin/uvx

# The developer's packages bring mypyc, and stay here.
FROM packages AS compiled
RUN devtools/install_lock requirements/dev.lock
COPY . .
RUN .venv/bin/python -m devtools.compiled_tree

FROM packages AS installed
COPY --from=compiled /app/.build/compiled .
COPY pyproject.toml README.md LICENSE ./
RUN .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m compileall -q .venv/lib broker streams rules tables agents sinks tidemark

FROM python:${PYTHON}-slim
RUN useradd --system --no-create-home --shell /usr/sbin/nologin tidemark
WORKDIR /app
COPY --from=installed /app /app
# What mypyc makes has a module of its own beside the packages.
ENV PATH=/app/.venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1
USER tidemark
ENTRYPOINT ["tidemark"]
CMD ["--help"]
