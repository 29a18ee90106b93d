"""Supergame: one platform on which a studio builds, runs and grows a large-scale online game."""

__version__ = "0.1.0"
