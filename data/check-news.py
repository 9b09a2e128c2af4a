#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# check-news.py NEWS METAINFO VERSION: both tell of the same releases with the same dates, and the newest is VERSION.
import re
import sys
import xml.etree.ElementTree

with open(sys.argv[1], encoding="utf-8") as file:
    news = re.findall(r"^Version (\S+)\n~+\nReleased: (\d{4}-\d\d-\d\d)$", file.read(), re.M)
releases = [(release.get("version"), release.get("date"))
            for release in xml.etree.ElementTree.parse(sys.argv[2]).iter("release")]
if not news or news != releases or news[0][0] != sys.argv[3]:
    sys.exit(f"NEWS tells of {news}, the metainfo of {releases}; this is {sys.argv[3]}")
