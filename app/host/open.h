/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The hidden command with which a child lists graphics cards, for host_take_command().
 */
#pragma once

#include <stdbool.h>

bool host_take_list_command (int argc, char **argv, int *status);
