"""Mail: letters to players, by SMTP, or into a folder while developing.

A letter is accepted at once and sent beside everything else: a few at a time, again and again while the server does
not take it, until it is given up. Letters hold what a player may ask for once more, so they wait in memory only.
"""

from supergame.core.feature import Feature
from supergame.features.mail.model import MailSettings
from supergame.features.mail.service import Mail

__all__ = ["Mail", "MailSettings", "feature"]

feature = Feature(name="mail", service=Mail, settings=(MailSettings,))
