"""Jobs: work of the game's own that falls due by the clock, every so often or by a cron expression."""

from supergame.core.feature import Feature
from supergame.features.jobs.model import Job, every, on_cron
from supergame.features.jobs.service import Jobs

__all__ = ["Job", "Jobs", "every", "feature", "on_cron"]

feature = Feature(name="jobs", service=Jobs)
