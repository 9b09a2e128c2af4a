/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A device put to the test before it is trusted: every step with weights of the types
 * that matter against the reference, and bit for bit against itself.  A few seconds.
 */
#pragma once

#include "device/device.h"

#define DD_SELF_TEST_VERSION 2 /* rises when what passed before has to be tested again */

/* Whether the device computes right with weights of `types`, a mask of 1 << dd_type
 * (0: all).  False says what came out wrong (DD_ERROR_UNSUPPORTED), or what failed.
 * `large`: batches of hundreds of rows too, which may take other paths; for devices
 * that are fast enough.  The device has nothing loaded, before and after. */
DD_MUST_CHECK bool dd_device_self_test (dd_device *device,
                                        uint64_t types,
                                        bool large,
                                        dd_error *error);
