/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The buffer in which what has no fixed size is put together, and how the verifier is told that an offset stays in it:
 * an offset that is not constant is masked right before use, and the buffer is twice as long as the mask, so that a
 * masked offset plus any bounded write stays inside, whatever the verifier remembers of it.
 */
#pragma once

enum {
	SCRATCH_MASK = 0xffff,
	SCRATCH_SIZE = 2 * 65536,
	STR_MAX = 4096,    /* longest string, with its NUL (scap-format.md 14.4) */
	NAME_MASK = 0xff,  /* a component of a path has at most 255 bytes */
};

struct scratch {
	__u8 bytes[SCRATCH_SIZE];
	__u8 path[2 * STR_MAX]; /* first half: a path, built from its end; second half: room for the verifier */
	/* How far a bpf_loop() is. Kept here, not on the stack, because the verifier knows nothing of the numbers in a map:
	 * one look at a step is enough for it, where it would follow known numbers through every round. */
	__u32 path_off; /* first byte of the path */
	__u32 addr_len; /* of the address a tuple is made with */
	struct {
		__u32 room, done, sum;
	} gathered; /* bytes of vectors or strings, one after the other */
};

/* x & mask, where the verifier can see it: opaque to the compiler, which otherwise tests one copy of a number and
 * indexes with another, or drops a mask it can prove redundant and the verifier cannot. */
#define MASKED(x, mask) \
	({ \
		__u64 masked_ = (x); \
		asm volatile("%0 &= %1" : "+r"(masked_) : "i"(mask)); \
		masked_; \
	})
