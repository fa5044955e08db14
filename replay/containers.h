/* SPDX-License-Identifier: Apache-2.0
 *
 * Containers: the id a cgroup list stands for (fields-semantics.md 6.1) and the metadata that container events in the
 * capture bring (6.2), by id. An entry stays until the event that tells of the container's removal is over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"
#include "replay/text.h"

enum {
	HC_CONTAINERS_MAX = 16384,
	HC_CONTAINER_ITEMS_MAX = 1024, /* labels, mounts of one container */
};

struct hc_label {
	struct hc_text *key, *value;
};

struct hc_mount {
	struct hc_text *source, *dest, *mode, *propagation;
	bool rw;
};

struct hc_container {
	struct hc_text *id; /* key */
	int32_t type;       /* numbers of 6.2; -1 unknown */
	bool complete;      /* false: id and type only, computed from cgroups (lxc, libvirt-lxc, bpm) */
	struct hc_text *full_id, *name, *image, *image_id, *image_repo, *image_tag, *image_digest, *user, *ip, *cni_json;
	struct hc_text *pod_sandbox_id;
	bool privileged, host_pid, host_network, host_ipc, is_pod_sandbox;
	struct hc_label *labels, *sandbox_labels; /* in ascending order of keys */
	uint32_t nlabels, nsandbox_labels;
	struct hc_mount *mounts;
	uint32_t nmounts;
};

struct hc_containers {
	struct hc_container **slots; /* open addressing by id */
	uint32_t n, cap;
	uint64_t seed, refused, bad;
};

/* The metadata known for an id, or NULL. Borrowed until the next event. */
const struct hc_container *hc_containers_find(const struct hc_containers *containers, struct hc_str id);
/* A label's value, or NULL if there is none. */
const struct hc_text *hc_labels_find(const struct hc_label *labels, uint32_t n, struct hc_str key);
