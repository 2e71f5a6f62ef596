"""Lives of levels: a program of any standard, and some members' orders, refunds, payments and points over a year or three."""

from .life import life

__all__ = ["life"]
