/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reference device: the specification of every step.  Scalar C, double
 * accumulators, no cleverness; every other device is tested against it.
 */
#pragma once

#include "device/device.h"

DD_MUST_CHECK bool dd_reference_open (dd_device **out, dd_error *error);
