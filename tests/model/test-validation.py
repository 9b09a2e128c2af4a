#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-validation.py MISUSE PROGRAM[,ARGUMENT…]…: Vulkan programs under the Khronos validation layer with
synchronisation validation. Any message fails; MISUSE --misuse makes a mistake, which the layer must find, or silence
would say nothing. Skipped where the layer or a device is not there."""

import glob
import os
import re
import subprocess
import sys

LAYER = "VK_LAYER_KHRONOS_validation"
MESSAGE = re.compile(r"VUID-|SYNC-HAZARD|UNASSIGNED-|Validation (Error|Warning|Performance)")


def run(command: list[str]) -> tuple[int, list[str]]:
    """The exit status and the layer's messages."""
    environment = dict(
        os.environ,
        VK_INSTANCE_LAYERS=LAYER,
        VK_LAYER_ENABLES="VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT",
        VK_KHRONOS_VALIDATION_VALIDATE_SYNC="true",
    )
    result = subprocess.run(command, env=environment, text=True, errors="replace", stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    if result.returncode not in (0, 77):
        print(result.stdout[-4000:])
    return result.returncode, [line for line in result.stdout.splitlines() if MESSAGE.search(line)]


def main() -> int:
    folders = os.environ.get("VK_LAYER_PATH", "/usr/share/vulkan/explicit_layer.d:/etc/vulkan/explicit_layer.d")
    if not any(glob.glob(f"{folder}/VkLayer_khronos_validation.json") for folder in folders.split(":")):
        print("the validation layer is not installed")
        return 77
    status, messages = run([sys.argv[1], "--misuse"])
    if status == 77:
        print("no Vulkan device")
        return 77
    if not any("SYNC-HAZARD" in message for message in messages):
        print("the layer did not find what is wrong in", sys.argv[1], "--misuse")
        return 1
    failures = 0
    for command in sys.argv[2:]:
        status, messages = run(command.split(","))
        print(f"{os.path.basename(command)}: exit status {status}, {len(messages)} messages")
        print("\n".join(messages[:20]))
        failures += status != 0 or len(messages) > 0
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
