"""The currencies that there are, and their minor units (ISO 4217), by the edition of the package iso4217 (list one, published yearly)."""

from __future__ import annotations

from typing import Final

import iso4217

# Codes that are no longer in list one, by the year in which the last of their users withdrew them: ISO 4217's list three (codes for
# historic denominations, published by its maintenance agency SIX), edition of 1 January 2026. The package has list one only.
_WITHDRAWN_IN: Final = {
    2026: "BGN",
    2025: "ANG",
    2024: "ZWL",
    2023: "HRK SLL",
    2021: "CUC",
    2018: "VEF",
    2017: "BYR MRO STD",
    2014: "LTL LVL USS",
    2013: "XFU",
    2012: "ZMK",
    2011: "EEK",
    2009: "SKK TMM ZWR",
    2008: "CYP GHC MTL VEB ZWD",
    2007: "GHP SDD SIT",
    2006: "CSD MZM XFO ZWN",
    2005: "AYM AZM ROL TRL",
    2004: "CHC MGF RUR",
    2003: "ADP AFA BGL SRG YUM",
    2002: "ATS BEF DEM ESP FIM FRF GRD IEP ITL LUF NLG PTE TPE",
    2001: "BYB TJR",
    2000: "AON AOR ECS ECV",
    1999: "XEU XRE ZRN",
    1998: "BAD SDP",
    1997: "GWP PLZ",
    1996: "UAK",
    1995: "GEK HRD YUN ZAL",
    1994: "BRR ESB LVR ZRZ",
    1993: "BRE CSK LTT MXP UYP",
    1992: "ARA",
    1991: "AOK PEI YDD",
    1990: "ARY BEC BEL BGJ BGK BRN BUK CSJ DDM ILR ISJ LUC LUL NIC PEH ROK SUR UGW YUD",
    1989: "ALK BRC GNE MVQ UYN VNC ZWC",
    1987: "BOP UGS",
    1986: "BRB GNS GQE PES",
    1985: "ARP LSM",
    1984: "MLF",
    1983: "MTP",
    1981: "ESA GWE ILP MZE RHD",
    1979: "LAJ",
}
_KEPT_YEARS: Final = 10

_current: Final = {code: str(entry["CcyMnrUnts"]) for code, entry in iso4217.raw_table.items() if code is not None}
_oldest: Final = iso4217.__published__.year - _KEPT_YEARS

CURRENCIES: Final = frozenset(_current).union(*(codes.split() for year, codes in _WITHDRAWN_IN.items() if year >= _oldest))
"""Those that any document may be in: in use, or withdrawn in the last ten years (spec 1.1). Ten years before the edition of the list
and not before now: what a document is does not change while a worker runs."""

EVER: Final = CURRENCIES.union(*(codes.split() for codes in _WITHDRAWN_IN.values()))
"""Those that a definition may name: in use, or withdrawn at any time; documents may be in what a definition names (spec 1.1)."""

MINOR_UNITS: Final = {code: int(units) for code, units in _current.items() if units.isdigit()}
"""The decimals of those in use, as far as they have any said: 2 for GBP, 0 for JPY, 3 for KWD; none for gold."""
