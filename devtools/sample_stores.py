"""Which store an invoice is given to. The source knows only countries, and sold by mail and web: stores and tills are made up."""

from __future__ import annotations

WEB_STORES = {
    "United Kingdom": "web-gb",
    "Channel Islands": "web-gb",
    "EIRE": "web-ie",
    "Germany": "web-de",
    "France": "web-fr",
    "Netherlands": "web-nl",
    "Spain": "web-es",
    "Sweden": "web-se",
    "Belgium": "web-be",
    "Portugal": "web-pt",
    "Switzerland": "web-ch",
}
ELSEWHERE = "web-world"
SHOPS = ("shop-london", "shop-bristol", "shop-brighton", "shop-leeds", "shop-manchester", "shop-edinburgh")
HOME = "United Kingdom"
# Of the home country's invoices without carriage, one in this many is a web order.
WEB_SHARE = 4


def store_of(number: int, customer: str, country: str, *, delivered: bool) -> str:
    """A web store for what went abroad or was delivered and for every fourth invoice number; else the customer's shop."""
    if country != HOME or delivered or number % WEB_SHARE == 0:
        return WEB_STORES.get(country, ELSEWHERE)
    return SHOPS[(int(customer) if customer else number) % len(SHOPS)]
