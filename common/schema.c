/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables behind common/schema.h. Every row comes from a .def file; the code here only looks things up.
 */
#include "common/schema.h"

#include <string.h>

#define MEMBER(n, v) { #n, v },
#define SET(s) static const struct hc_flag flags_##s[] = { HC_FLAGSET_##s(MEMBER) };
#include "common/flags.def"
HC_FLAGSETS(SET)
#undef SET

enum {
#define SET(s) SET_##s,
	HC_FLAGSETS(SET)
#undef SET
};

const struct hc_flagset hc_flagsets[] = {
#define SET(s) { #s, flags_##s, sizeof(flags_##s) / sizeof(flags_##s[0]) },
	HC_FLAGSETS(SET)
#undef SET
	{ NULL, NULL, 0 },
};

#define P(name, type, format) { name, type, format, -1, NULL }
#define PS(name, type, format, set) { name, type, format, -1, &hc_flagsets[SET_##set] }
#define PD(name, type, format, dirfd) { name, type, format, dirfd, NULL }
#define P_NONE { NULL, PT_NONE, PF_NA, -1, NULL }
#define HC_EVENT(code, id, name, category, flags, nparams, ...) \
	static const struct hc_param_info params_##id[] = { __VA_ARGS__ }; \
	_Static_assert(nparams == 0 || sizeof(params_##id) / sizeof(params_##id[0]) == nparams, #id); \
	_Static_assert(nparams <= HC_EVENT_PARAMS_MAX, #id);
#include "common/events.def"
#undef HC_EVENT

const struct hc_event_info hc_event_table[HC_EVENT_COUNT] = {
#define HC_EVENT(code, id, name, category, flags, nparams, ...) \
	[code] = { #id, name, category, flags, nparams, params_##id },
#include "common/events.def"
#undef HC_EVENT
};

const struct hc_sc_info hc_sc_table[HC_SC_COUNT] = {
#define HC_SC(code, id, name, x86_64, aarch64, ia32, ia32b, enter, exit, kind, driver_flags, category, sets) \
	[code] = { name, x86_64, aarch64, ia32, ia32b, enter, exit, kind, driver_flags, category, sets },
#include "common/syscalls.def"
#undef HC_SC
};

static const struct {
	const char *name;
	int size;
} types[HC_PARAM_TYPE_COUNT] = {
#define TYPE(t, size) [PT_##t] = { "PT_" #t, size }
	TYPE(NONE, 0), TYPE(INT8, 1), TYPE(INT16, 2), TYPE(INT32, 4), TYPE(INT64, 8), TYPE(UINT8, 1),
	TYPE(UINT16, 2), TYPE(UINT32, 4), TYPE(UINT64, 8), TYPE(CHARBUF, -1), TYPE(BYTEBUF, -1), TYPE(ERRNO, 8),
	TYPE(SOCKADDR, -1), TYPE(SOCKTUPLE, -1), TYPE(FD, 8), TYPE(PID, 8), TYPE(FDLIST, -1), TYPE(FSPATH, -1),
	TYPE(SYSCALLID, 2), TYPE(SIGTYPE, 1), TYPE(RELTIME, 8), TYPE(ABSTIME, 8), TYPE(PORT, 2), TYPE(L4PROTO, 1),
	TYPE(SOCKFAMILY, 1), TYPE(BOOL, 4), TYPE(IPV4ADDR, 4), TYPE(DYN, -1), TYPE(FLAGS8, 1), TYPE(FLAGS16, 2),
	TYPE(FLAGS32, 4), TYPE(UID, 4), TYPE(GID, 4), TYPE(DOUBLE, 8), TYPE(SIGSET, 4), TYPE(CHARBUFARRAY, -1),
	TYPE(CHARBUF_PAIR_ARRAY, -1), TYPE(IPV4NET, 8), TYPE(IPV6ADDR, 16), TYPE(IPV6NET, 32), TYPE(IPADDR, -1),
	TYPE(IPNET, -1), TYPE(MODE, 4), TYPE(FSRELPATH, -1), TYPE(ENUMFLAGS8, 1), TYPE(ENUMFLAGS16, 2),
	TYPE(ENUMFLAGS32, 4), TYPE(FD32, 4), TYPE(PID32, 4),
#undef TYPE
};

int hc_param_type_size(uint8_t type)
{
	return type < HC_PARAM_TYPE_COUNT ? types[type].size : -1;
}

const char *hc_param_type_name(uint8_t type)
{
	return type < HC_PARAM_TYPE_COUNT ? types[type].name : "PT_UNKNOWN";
}

const struct hc_flagset *hc_flagset_find(const char *name)
{
	for (const struct hc_flagset *s = hc_flagsets; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

int hc_sc_by_name(const char *name)
{
	for (int sc = 1; sc < HC_SC_COUNT; sc++)
		if (hc_sc_table[sc].kind != HC_SC_RESERVED && !strcmp(hc_sc_table[sc].name, name))
			return sc;
	return -1;
}

int hc_sc_by_x86_64(int64_t nr)
{
	for (int sc = 1; nr >= 0 && sc < HC_SC_COUNT; sc++)
		if (hc_sc_table[sc].nr_x86_64 == nr)
			return sc;
	return PPM_SC_UNKNOWN;
}

static const char *const errno_names[] = {
	[1] = "EPERM", [2] = "ENOENT", [3] = "ESRCH", [4] = "EINTR", [5] = "EIO", [6] = "ENXIO", [7] = "E2BIG",
	[8] = "ENOEXEC", [9] = "EBADF", [10] = "ECHILD", [11] = "EAGAIN", [12] = "ENOMEM", [13] = "EACCES",
	[14] = "EFAULT", [15] = "ENOTBLK", [16] = "EBUSY", [17] = "EEXIST", [18] = "EXDEV", [19] = "ENODEV",
	[20] = "ENOTDIR", [21] = "EISDIR", [22] = "EINVAL", [23] = "ENFILE", [24] = "EMFILE", [25] = "ENOTTY",
	[26] = "ETXTBSY", [27] = "EFBIG", [28] = "ENOSPC", [29] = "ESPIPE", [30] = "EROFS", [31] = "EMLINK", [32] = "EPIPE",
	[33] = "EDOM", [34] = "ERANGE", [35] = "EDEADLK", [36] = "ENAMETOOLONG", [37] = "ENOLCK", [38] = "ENOSYS",
	[39] = "ENOTEMPTY", [40] = "ELOOP", [42] = "ENOMSG", [43] = "EIDRM", [44] = "ECHRNG", [45] = "EL2NSYNC",
	[46] = "EL3HLT", [47] = "EL3RST", [48] = "ELNRNG", [49] = "EUNATCH", [50] = "ENOCSI", [51] = "EL2HLT",
	[52] = "EBADE", [53] = "EBADR", [54] = "EXFULL", [55] = "ENOANO", [56] = "EBADRQC", [57] = "EBADSLT",
	[59] = "EBFONT", [60] = "ENOSTR", [61] = "ENODATA", [62] = "ETIME", [63] = "ENOSR", [64] = "ENONET", [65] = "ENOPKG",
	[66] = "EREMOTE", [67] = "ENOLINK", [68] = "EADV", [69] = "ESRMNT", [70] = "ECOMM", [71] = "EPROTO",
	[72] = "EMULTIHOP", [73] = "EDOTDOT", [74] = "EBADMSG", [75] = "EOVERFLOW", [76] = "ENOTUNIQ",
	[77] = "EBADFD", [78] = "EREMCHG", [79] = "ELIBACC", [80] = "ELIBBAD", [81] = "ELIBSCN", [82] = "ELIBMAX",
	[83] = "ELIBEXEC", [84] = "EILSEQ", [85] = "ERESTART", [86] = "ESTRPIPE", [87] = "EUSERS", [88] = "ENOTSOCK",
	[89] = "EDESTADDRREQ", [90] = "EMSGSIZE", [91] = "EPROTOTYPE", [92] = "ENOPROTOOPT", [93] = "EPROTONOSUPPORT",
	[94] = "ESOCKTNOSUPPORT", [95] = "EOPNOTSUPP", [96] = "EPFNOSUPPORT", [97] = "EAFNOSUPPORT",
	[98] = "EADDRINUSE", [99] = "EADDRNOTAVAIL", [100] = "ENETDOWN", [101] = "ENETUNREACH", [102] = "ENETRESET",
	[103] = "ECONNABORTED", [104] = "ECONNRESET", [105] = "ENOBUFS", [106] = "EISCONN", [107] = "ENOTCONN", [108] = "ESHUTDOWN",
	[109] = "ETOOMANYREFS", [110] = "ETIMEDOUT", [111] = "ECONNREFUSED", [112] = "EHOSTDOWN",
	[113] = "EHOSTUNREACH", [114] = "EALREADY", [115] = "EINPROGRESS", [116] = "ESTALE", [117] = "EUCLEAN",
	[118] = "ENOTNAM", [119] = "ENAVAIL", [120] = "EISNAM", [121] = "EREMOTEIO", [122] = "EDQUOT",
	[123] = "ENOMEDIUM", [124] = "EMEDIUMTYPE", [125] = "ECANCELED", [512] = "ERESTARTSYS",
	[513] = "ERESTARTNOINTR", [514] = "ERESTARTNOHAND", [515] = "ENOIOCTLCMD", [516] = "ERESTART_RESTARTBLOCK", [521] = "EBADHANDLE",
	[522] = "ENOTSYNC", [523] = "EBADCOOKIE", [524] = "ENOTSUPP", [525] = "ETOOSMALL", [526] = "ESERVERFAULT",
	[527] = "EBADTYPE", [528] = "EJUKEBOX", [529] = "EIOCBQUEUED", [530] = "EIOCBRETRY",
};

static const char *const signal_names[] = {
	[1] = "SIGHUP", [2] = "SIGINT", [3] = "SIGQUIT", [4] = "SIGILL", [5] = "SIGTRAP", [6] = "SIGABRT",
	[7] = "SIGBUS", [8] = "SIGFPE", [9] = "SIGKILL", [10] = "SIGUSR1", [11] = "SIGSEGV", [12] = "SIGUSR2",
	[13] = "SIGPIPE", [14] = "SIGALRM", [15] = "SIGTERM", [16] = "SIGSTKFLT", [17] = "SIGCHLD", [18] = "SIGCONT",
	[19] = "SIGSTOP", [20] = "SIGTSTP", [21] = "SIGTTIN", [22] = "SIGTTOU", [23] = "SIGURG", [24] = "SIGXCPU",
	[25] = "SIGXFSZ", [26] = "SIGVTALRM", [27] = "SIGPROF", [28] = "SIGWINCH", [29] = "SIGIO", [30] = "SIGPWR",
	[31] = "SIGSYS",
};

const char *hc_errno_name(int64_t err)
{
	return err > 0 && err < (int64_t)(sizeof(errno_names) / sizeof(errno_names[0])) ? errno_names[err] : NULL;
}

const char *hc_signal_name(uint64_t sig)
{
	return sig < sizeof(signal_names) / sizeof(signal_names[0]) ? signal_names[sig] : NULL;
}
