/* SPDX-License-Identifier: Apache-2.0
 *
 * Container ids from cgroups and metadata from events (fields-semantics.md 6).
 */
#include <criterion/criterion.h>

#include "event-builder.h"

#define ID64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct world w;

static void setup(void)
{
	w = world_begin();
	world_thread(&w, 10, 10, 0)->cgroups = HC_STR("cpu=/docker/" ID64 "\0");
	world_thread(&w, 11, 11, 0)->cgroups = HC_STR("cpu=/user.slice\0mem=/\0");
	world_load(&w);
}

static void teardown(void)
{
	world_end(&w);
}

TestSuite(containers, .init = setup, .fini = teardown);

/* The id after an exec with that cgroup list (one path). */
static const char *id_of(const char *path)
{
	struct exec_values e = exec_of(10, 1, "/bin/x");
	char list[600];

	snprintf(list, sizeof list, "cpu=%s", path);
	e.cgroups = S(list);
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	return w.state->thread->container ? text(w.state->thread->container) : "host";
}

Test(containers, snapshot_threads_have_theirs)
{
	hc_state_loaded(w.state);
	cr_expect_str_eq(text(hc_state_find(w.state, 10)->container), "0123456789ab");
	cr_expect_null(hc_state_find(w.state, 11)->container);
	cr_expect(hc_state_find(w.state, 11)->container_known);
}

Test(containers, engines_find_their_patterns)
{
	static const struct {
		const char *path, *id;
	} rows[] = {
		{ "/", "host" },
		{ "/docker/" ID64, "0123456789ab" },
		{ "/machine.slice/libpod-" ID64 ".scope", "0123456789ab" },
		{ "/machine.slice/libpod-" ID64 ".scope/container", "0123456789ab" },
		{ "/user.slice/libpod-payload-" ID64, "0123456789ab" },
		{ "/system.slice/docker-" ID64 ".scope", "0123456789ab" },
		{ "/kubepods/burstable/pod1/" ID64, "0123456789ab" },
		{ "/kubepods.slice/x.slice/cri-containerd-" ID64 ".scope", "0123456789ab" },
		{ "/kubepods.slice/x.slice:cri-containerd:" ID64, "0123456789ab" },
		{ "/kubepods.slice/crio-" ID64 ".scope", "0123456789ab" },
		{ "/system.slice/nerdctl-" ID64 ".scope", "0123456789ab" },
		/* (Q) a two-level host path counts as containerd's, units do not. */
		{ "/a/b", "b" },
		{ "/system.slice/x.service/sub", "x.service/su" },
		{ "/system.slice/ssh.service", "host" },
		{ "/user.slice/user-0.slice", "host" },
		{ "/user.slice", "host" },
		{ "/lxc/NAME", "NAME" },
		{ "/lxc.payload.web", "web" },
		{ "/lxc.payload.web/init.scope", "web" },
		{ "/machine.slice/machine-lxc\\x2d42\\x2dname.scope", "42\\x2dname" },
		{ "/xx-lxc\\x2d7.scope/libvirt", "7" },
		{ "/name.libvirt-lxc", "name" },
		{ "/_/bpm-job.scope", "job" },
		{ "/_/_bpm-a/b", "host" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *id = id_of(rows[i].path);

		cr_expect_str_eq(id, rows[i].id, "%s: %s", rows[i].path, id);
	}
}

Test(containers, complete_ids_get_an_entry)
{
	const struct hc_container *c;

	cr_expect_str_eq(id_of("/lxc.payload.web"), "web");
	c = hc_containers_find(&w.state->containers, HC_STR("web"));
	cr_assert_not_null(c);
	cr_expect_eq(c->type, 1);
	cr_expect_not(c->complete);
	cr_expect_null(hc_containers_find(&w.state->containers, HC_STR("0123456789ab")));
	cr_expect_str_eq(id_of("/lxc/"), "host", "an empty id is none");
}

Test(containers, children_are_host_until_their_own_event)
{
	struct clone_values c = clone_by(10, 1, 30);

	hc_state_loaded(w.state);
	c.cgroups = L("cpu=/docker/" ID64 "\0");
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	cr_expect_null(hc_state_find(w.state, 30)->container);
	c = clone_child(30, 10);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 30, CLONE_VALUES(c));
	cr_expect_str_eq(text(hc_state_find(w.state, 30)->container), "0123456789ab");
}

static const char json[] = "{\"container\":{\"id\":\"0123456789ab\",\"full_id\":\"" ID64 "\",\"type\":7,\"name\":\"web\","
			   "\"image\":\"nginx:1\",\"imageid\":\"i\",\"imagerepo\":\"nginx\",\"imagetag\":\"1\","
			   "\"imagedigest\":\"d\",\"User\":\"u\",\"ip\":\"10.0.0.7\",\"privileged\":true,\"host_pid\":false,"
			   "\"labels\":{\"b\":\"2\",\"a\":\"1\"},\"pod_sandbox_id\":\"s\",\"env\":null,"
			   "\"pod_sandbox_labels\":null,\"port_mappings\":[{\"HostIp\":0,\"HostPort\":80}],"
			   "\"Healthcheck\":{\"args\":[\"a\"],\"exe\":\"x\"},"
			   "\"Mounts\":[{\"Source\":\"/s\",\"Destination\":\"/d\",\"Mode\":\"m\",\"RW\":true,"
			   "\"Propagation\":\"p\"},{}]}}";

Test(containers, events_bring_metadata)
{
	const struct hc_container *c;

	feed(&w, PPME_ASYNCEVENT_E, -1, N(0), S("container"), S(json));
	c = w.state->container;
	cr_assert_not_null(c);
	cr_expect_null(w.state->thread);
	cr_expect_eq(c, hc_containers_find(&w.state->containers, HC_STR("0123456789ab")));
	cr_expect_str_eq(text(c->name), "web");
	cr_expect_str_eq(text(c->image_repo), "nginx");
	cr_expect_str_eq(text(c->full_id), ID64);
	cr_expect_str_eq(text(c->cni_json), "");
	cr_expect_eq(c->type, 7);
	cr_expect(c->complete && c->privileged && !c->host_pid);
	cr_expect_eq(c->nlabels, 2);
	cr_expect_str_eq(text(c->labels[0].key), "a");
	cr_expect_str_eq(text(hc_labels_find(c->labels, c->nlabels, HC_STR("b"))), "2");
	cr_expect_null(hc_labels_find(c->labels, c->nlabels, HC_STR("c")));
	cr_expect_eq(c->nmounts, 2);
	cr_expect_str_eq(text(c->mounts[0].dest), "/d");
	cr_expect(c->mounts[0].rw);
	/* A second one replaces all of it. */
	feed(&w, PPME_CONTAINER_JSON_2_E, -1, S("{\"container\":{\"id\":\"0123456789ab\",\"name\":\"new\"}}"));
	cr_expect_str_eq(text(w.state->container->name), "new");
	cr_expect_null(w.state->container->image);
	cr_expect_eq(w.state->container->nmounts, 0);
	feed(&w, PPME_ASYNCEVENT_E, -1, N(0), S("hindcast.loss"), S(json));
	cr_expect_null(w.state->container, "another kind of async event");
}

Test(containers, removal_describes_the_container_once_more)
{
	const struct hc_containers *cs = &w.state->containers;

	for (int i = 0; i < 100; i++) {
		char doc[64];

		snprintf(doc, sizeof doc, "{\"container\":{\"id\":\"c%d\",\"name\":\"n\"}}", i);
		feed(&w, PPME_ASYNCEVENT_E, -1, N(0), S("container"), S(doc));
	}
	for (int i = 0; i < 100; i += 2) {
		char doc[64], id[8];

		snprintf(doc, sizeof doc, "{\"container\":{\"id\":\"c%d\",\"name\":\"gone\"}}", i);
		snprintf(id, sizeof id, "c%d", i);
		feed(&w, PPME_ASYNCEVENT_E, -1, N(0), S("container_removed"), S(doc));
		cr_assert_not_null(w.state->container);
		cr_expect_str_eq(text(w.state->container->name), "gone");
		feed(&w, PPME_SYSCALL_CLOSE_X, 10, N(0), N(3));
		cr_expect_null(w.state->container);
		cr_expect_null(hc_containers_find(cs, hc_str(id)));
	}
	cr_expect_eq(cs->n, 50);
	for (int i = 1; i < 100; i += 2) {
		char id[8];

		snprintf(id, sizeof id, "c%d", i);
		cr_expect_not_null(hc_containers_find(cs, hc_str(id)), "%s", id);
	}
}

Test(containers, unusable_documents_are_counted)
{
	static const char *const bad[] = { "", "{", "[]", "7", "{\"container\":7}", "{\"container\":{}}",
					   "{\"container\":{\"id\":7}}", "{\"container\":{\"id\":\"\"}}" };
	struct hc_state_stats stats;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		feed(&w, PPME_CONTAINER_JSON_2_E, -1, S(bad[i]));
		cr_expect_null(w.state->container);
	}
	for (size_t len = 0; len < sizeof json - 1; len++)
		feed(&w, PPME_CONTAINER_JSON_2_E, -1, B(json, len));
	hc_state_stats(w.state, &stats);
	cr_expect_eq(stats.containers_bad, sizeof bad / sizeof *bad + sizeof json - 1);
	cr_expect_eq(w.state->containers.n, 0);
}

/* As the reference reads them: a value of a wrong type is an error of the whole document. */
Test(containers, one_value_of_a_wrong_type_spoils_the_document)
{
	static const struct {
		const char *member;
		bool ok;
	} cases[] = {
		{ "\"name\":null", false }, { "\"name\":1", false }, { "\"ip\":167772167", false }, { "\"privileged\":1", false },
		{ "\"privileged\":null", false }, { "\"type\":\"docker\"", false }, { "\"type\":true", false }, { "\"type\":7.0", true },
		{ "\"cpu_shares\":null", false }, { "\"cpu_shares\":true", true }, { "\"cpu_shares\":1.5", true },
		{ "\"labels\":null", true }, { "\"labels\":[]", false }, { "\"labels\":{\"a\":1}", false },
		{ "\"labels\":{\"a\":null}", false }, { "\"pod_sandbox_labels\":{\"a\":\"\"}", true }, { "\"Mounts\":null", true },
		{ "\"Mounts\":{}", false }, { "\"Mounts\":[7]", false }, { "\"Mounts\":[{\"RW\":0}]", false },
		{ "\"Mounts\":[{\"Mode\":null}]", false }, { "\"env\":[\"A=b\"]", true }, { "\"env\":[1]", false },
		{ "\"port_mappings\":[{\"HostIp\":\"0.0.0.0\"}]", false }, { "\"Healthcheck\":null", false },
		{ "\"LivenessProbe\":{\"exe\":1}", false }, { "\"ReadinessProbe\":{\"args\":null}", true },
		{ "\"metadata_deadline\":\"unknown\"", true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char doc[128];

		snprintf(doc, sizeof doc, "{\"container\":{\"id\":\"c%zu\",%s}}", i, cases[i].member);
		feed(&w, PPME_CONTAINER_JSON_2_E, -1, S(doc));
		cr_expect_eq(w.state->container != NULL, cases[i].ok, "%s", cases[i].member);
	}
}

Test(containers, local_addresses_know_the_containers)
{
	struct hc_thread *t = hc_state_find(w.state, 10);

	hc_state_loaded(w.state);
	cr_expect_not(hc_state_is_local(w.state, t, (uint8_t[]){ 10, 0, 0, 7 }, 4));
	feed(&w, PPME_ASYNCEVENT_E, -1, N(0), S("container"), S(json));
	cr_expect(hc_state_is_local(w.state, t, (uint8_t[]){ 10, 0, 0, 7 }, 4));
	cr_expect_not(hc_state_is_local(w.state, t, (uint8_t[16]){ 1 }, 16));
}
