"""No words that must not be published: live-looking keys, and hosts of package registries.

The danger: a key that was once committed is a key in the hands of everybody, for ever, whatever is
deleted later. A registry's host in the tree makes the build fail, or leak, wherever packages come
from somewhere else. A made-up key of documentation says so by having "example" in it.
"""

import re
from collections.abc import Iterator

from tools.checks.source import Finding, Source

KEYS = {
    "an OpenAI or Anthropic key": r"\bsk-[A-Za-z0-9_-]{20,}",
    "an AWS access key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a fal key": r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{32}\b",
    "a Replicate token": r"\br8_[A-Za-z0-9]{37}\b",
    "a Google key": r"\bAIza[0-9A-Za-z_-]{35}",
    "an Apify token": r"\bapify_api_[A-Za-z0-9]{30,}",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{34}\b",
    "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50,})",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "a webhook secret": r"\bwhsec_[A-Za-z0-9+/=]{24,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
OWN_KEY = r"\bgsk_[A-Za-z0-9_-]{30,}"
HOSTS = (
    r"python[h]osted[.]|pypi[.]org|registry[.]npm|npm[j]s[.]|yarn[p]kg[.]|crates[.]io|deb[.]debian"
    r"|archive[.]ubuntu|proxy[.]golang|conda[.]anaconda|--(extra[-])?index[-]url|--find[-]links"
)
EXAMPLE = re.compile("example", re.IGNORECASE)


def check(sources: list[Source]) -> Iterator[Finding]:
    """Find what looks like a live key or names a registry, in every tracked text file."""
    for source in sources:
        patterns = {**KEYS, "a registry's host": HOSTS}
        if not source.under("tests/"):  # a story may show a whole key of our own: it opens nothing
            patterns["a gesso key"] = OWN_KEY
        for name, pattern in patterns.items():
            for match in re.finditer(pattern, source.text):
                if not EXAMPLE.search(match[0]):
                    line = source.text.count("\n", 0, match.start()) + 1
                    yield Finding(source.path, line, f"this looks like {name}")
