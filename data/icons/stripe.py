#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# stripe.py ICON OUTPUT: the app's icon with the stripes of a development build over its lower edge.
import sys

STRIPES = """  <clipPath id="edge"><rect y="104" width="128" height="24" rx="4"/></clipPath>
  <g clip-path="url(#edge)">
    <rect y="104" width="128" height="24" fill="#f6d32d"/>
    <path d="{stripes}" stroke="#241f31" stroke-width="11"/>
  </g>
</svg>"""

with open(sys.argv[1], encoding="utf-8") as icon:
    text = icon.read()
stripes = "".join(f"M{x} 132L{x + 32} 100" for x in range(-32, 128, 32))
with open(sys.argv[2], "w", encoding="utf-8") as output:
    output.write(text.replace("</svg>", STRIPES.format(stripes=stripes)))
