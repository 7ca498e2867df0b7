#!/usr/bin/env python3
"""Copy a pcapng file without the options that describe the recording machine.

dumpcap and mergecap write the processor, the kernel release and the names of their input files
into the section header and the interface descriptions; a published capture need not carry them.

  unname.py FILE.pcapng OUT.pcapng
"""

import struct
import sys

SECTION_HEADER, INTERFACE_DESCRIPTION = 0x0A0D0D0A, 1
# Options by block type: where they start and which ones go (1 comment, 2 shb_hardware, 3 shb_os,
# 12 if_os, 15 if_hardware).
UNWANTED = {SECTION_HEADER: (24, {1, 2, 3}), INTERFACE_DESCRIPTION: (16, {12, 15})}


def blocks(data):
    offset = 0
    while offset < len(data):
        kind, length = struct.unpack_from("<II", data, offset)
        yield kind, data[offset : offset + length]
        offset += length


def without_options(block, start, unwanted):
    kept, offset = b"", start
    while offset < len(block) - 4:
        code, length = struct.unpack_from("<HH", block, offset)
        end = offset + 4 + (length + 3) // 4 * 4
        if code not in unwanted:
            kept += block[offset:end]
        offset = end
    total = struct.pack("<I", start + len(kept) + 4)
    return block[:4] + total + block[8:start] + kept + total


def main():
    source, target = sys.argv[1:]
    with open(source, "rb") as file:
        data = file.read()
    if data[8:12] != b"\x4d\x3c\x2b\x1a":
        sys.exit(f"{source}: not a little-endian pcapng file")
    with open(target, "wb") as file:
        for kind, block in blocks(data):
            file.write(without_options(block, *UNWANTED[kind]) if kind in UNWANTED else block)


if __name__ == "__main__":
    main()
