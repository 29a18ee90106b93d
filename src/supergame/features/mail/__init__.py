"""Mail: letters to players, by SMTP, or into a folder while developing."""

from supergame.core.feature import Feature
from supergame.features.mail.service import Mail

__all__ = ["Mail", "feature"]

feature = Feature(name="mail", service=Mail)
