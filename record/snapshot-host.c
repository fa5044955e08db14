/* SPDX-License-Identifier: Apache-2.0
 *
 * The host itself: machine, interfaces, users and groups (scap-format.md 4, 7, 8, 16.5).
 */
#include <grp.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "record/snapshot-parts.h"

enum { STAT_CAP = 16 << 20 };

void hc_scan_machine(struct hc_scan *scan)
{
	struct hc_machine *m = &scan->section->machine;
	const char *name = getenv("SCAP_HOSTNAME"), *v;
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE), cpus = sysconf(_SC_NPROCESSORS_ONLN);

	m->ncpus = cpus > 0 ? (uint32_t)cpus : UINT32_MAX;
	m->memory_bytes = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
	if (name && *name)
		snprintf(m->hostname, 128, "%s", name);
	else if (gethostname(m->hostname, 128))
		m->hostname[0] = '\0';
	m->hostname[127] = '\0'; /* 128 bytes with the NUL on disk */
	if (!hc_proc_read(scan->proc, "stat", &scan->a, STAT_CAP)) {
		v = hc_proc_value(&scan->a, "btime ");
		m->boot_ts_ns = v ? strtoull(v, NULL, 10) * 1000000000u : 0;
	}
	scan->section->has_machine = true;
}

/* The bytes of an address of the family wanted; zeros if there is none. */
static void copy_address(uint8_t *to, const struct sockaddr *from, int family)
{
	if (!from || from->sa_family != family)
		return;
	if (family == AF_INET)
		memcpy(to, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	else
		memcpy(to, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
}

void hc_scan_interfaces(struct hc_scan *scan)
{
	static const int families[] = { AF_INET, AF_INET6 }; /* in the order of the list on disk */
	struct hc_section *s = scan->section;
	struct ifaddrs *all;

	if (getifaddrs(&all))
		return;
	for (int f = 0; f < 2; f++)
		for (struct ifaddrs *i = all; i; i = i->ifa_next) {
			struct hc_interface *to;

			if (!i->ifa_addr || i->ifa_addr->sa_family != families[f])
				continue;
			to = hc_section_add_interface(s);
			to->type = families[f] == AF_INET ? 1 : 2;
			to->name = hc_proc_str(&s->arena, i->ifa_name, strlen(i->ifa_name), HC_FDNAME_CAP);
			copy_address(to->addr, i->ifa_addr, families[f]);
			copy_address(to->netmask, i->ifa_netmask, families[f]);
			/* without IFF_BROADCAST the member holds the peer's address */
			if (i->ifa_flags & IFF_BROADCAST)
				copy_address(to->broadcast, i->ifa_broadaddr, families[f]);
		}
	freeifaddrs(all);
}

static struct hc_str name(struct hc_scan *scan, const char *s)
{
	return s ? hc_proc_str(&scan->section->arena, s, strlen(s), HC_USERNAME_CAP) : (struct hc_str){ 0 };
}

static void add_user(struct hc_scan *scan, const struct passwd *p)
{
	*hc_section_add_user(scan->section) = (struct hc_user_info){
		.uid = p->pw_uid, .gid = p->pw_gid,
		.name = name(scan, p->pw_name), .home = name(scan, p->pw_dir), .shell = name(scan, p->pw_shell),
	};
}

static void add_group(struct hc_scan *scan, const struct group *g)
{
	*hc_section_add_group(scan->section) = (struct hc_group_info){ .gid = g->gr_gid, .name = name(scan, g->gr_name) };
}

static FILE *host_file(struct hc_scan *scan, const char *path)
{
	struct hc_buf full HC_BUF_DONE = { 0 };

	hc_buf_printf(&full, "%s%s", scan->root, path);
	return fopen(full.p, "re");
}

/* With a host root, only its two files tell the host's names; without one, the system's data bases do (NSS: also
 * accounts that stand in no file). */
void hc_scan_users(struct hc_scan *scan)
{
	const struct passwd *p;
	const struct group *g;

	if (*scan->root) {
		FILE *f HC_FCLOSE = host_file(scan, "/etc/passwd"), *h HC_FCLOSE = host_file(scan, "/etc/group");

		while (f && (p = fgetpwent(f)))
			add_user(scan, p);
		while (h && (g = fgetgrent(h)))
			add_group(scan, g);
	} else {
		for (setpwent(); (p = getpwent());)
			add_user(scan, p);
		endpwent();
		for (setgrent(); (g = getgrent());)
			add_group(scan, g);
		endgrent();
	}
}
