"""Apify: a scraper of its own, whose rows the catalogue puts into our words."""

from gesso.providers.apify import Apify
from gesso.simulators.apify import ApifySimulator
from tests.providers.case import Case

CASES = (
    Case(
        Apify,
        ApifySimulator,
        model={
            "makes": "scrape_tiktok",
            "provider": "apify",
            "model": "somebody~posts",
            "unit": "1000 rows",
            "price": 40,
            "input": {
                "searchQueries": ["$query"],
                "hashtags": "$hashtags",
                "country": "$region",
                "?": {"maxItems": "$limit", "maxTotalChargeUsd": 1, "timeout": 300},
                "=": {
                    "title": "title",
                    "url": "url",
                    "author": "author.name|author",
                    "published_at": "publishedAt",
                    "views": "views",
                    "likes": "likes",
                    "comments": "comments",
                    "shares": "shares",
                    "hashtags": "hashtags",
                },
            },
        },
        order={"type": "scrape_trends", "platform": "tiktok", "limit": 50},
        kind="value",
        named_by="query",
    ),
)
