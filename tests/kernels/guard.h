/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stands between a Vulkan device and its driver and puts bytes around every
 * allocation, NaN to who reads them; whoever writes there is found when the
 * allocation is freed.
 */
#pragma once

/* For dd_vulkan_options.intercept. */
void *guard_intercept (const char *name, void *function, void *user);

/* Allocations whose guards were written over, since the last call. */
int guard_broken (void);

/* Allocations that were guarded and freed, since the last call. */
int guard_checked (void);
