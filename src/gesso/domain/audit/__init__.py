"""Audit: every promise about money, work and ownership, proven by a query that anyone can run."""

from gesso.domain.audit.check import Breach, Check, Verdict
from gesso.domain.audit.service import CHECKS, examine, run

__all__ = ["CHECKS", "Breach", "Check", "Verdict", "examine", "run"]
