"""Every alert, by what it is about."""

from dashboards.alerts.contacts import CONTACTS
from dashboards.alerts.meta import META
from dashboards.alerts.pipeline import PIPELINE
from dashboards.alerts.service import SERVICE

__all__ = ["ALERTS", "CONTACTS", "META", "PIPELINE", "SERVICE"]

ALERTS = (*SERVICE, *CONTACTS, *PIPELINE, *META)
