/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the test of the decode products and its bench share.
 */
#pragma once

#include "device/cpu/dots.h"

/* Speed of every type for one family beside plain reads, 2 threads; `only`: the
 * name of one type, or NULL. */
void dots_bench (dd_cpu_isa isa, const char *only);
