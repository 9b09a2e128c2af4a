/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A decode step asks the system for nothing: no memory, no file, no mapping.
 * Shown twice: calls from the engine's own code are counted by way of the
 * linker's --wrap; and in a process of its own the kernel is told, once tokens
 * are being made, to kill whoever makes such a call, from whatever library.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answer.h"
#include "base/alloc.h"
#include "check.h"
#include "engine_private.h"
#include "tiny.h"

#define TOKENS 200

static dd_error error;

/* ---- counting ---------------------------------------------------------- */

static atomic_uint_fast64_t calls; /* of the system, by the engine's code */

#define WRAP(type, name, parameters, arguments)                                                    \
  type __real_##name parameters;                                                                   \
  type __wrap_##name parameters;                                                                   \
  type __wrap_##name parameters                                                                    \
  {                                                                                                \
    atomic_fetch_add (&calls, 1);                                                                  \
    return __real_##name arguments;                                                                \
  }

WRAP (void *, calloc, (size_t count, size_t size), (count, size))
WRAP (void *, malloc, (size_t size), (size))
WRAP (void *, realloc, (void *memory, size_t size), (memory, size))
WRAP (void, free, (void *memory), (memory))
WRAP (void *,
      mmap,
      (void *at, size_t size, int protection, int flags, int file, off_t offset),
      (at, size, protection, flags, file, offset))
WRAP (int, munmap, (void *at, size_t size), (at, size))
WRAP (int, madvise, (void *at, size_t size, int advice), (at, size, advice))
WRAP (int, open, (const char *path, int flags, unsigned mode), (path, flags, mode))
WRAP (int,
      openat,
      (int folder, const char *path, int flags, unsigned mode),
      (folder, path, flags, mode))
WRAP (FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP (ssize_t, read, (int file, void *buffer, size_t size), (file, buffer, size))

/* Steps of decoding, and the calls while they ran. */
static uint64_t steps, at_submit, in_steps;

bool __real_dd_device_submit (dd_work *, const dd_batch *, size_t, size_t, dd_ticket *, dd_error *);
bool __wrap_dd_device_submit (dd_work *, const dd_batch *, size_t, size_t, dd_ticket *, dd_error *);
bool __real_dd_device_wait (dd_work *, dd_ticket, dd_error *);
bool __wrap_dd_device_wait (dd_work *, dd_ticket, dd_error *);
static bool decoding;

bool
__wrap_dd_device_submit (dd_work *work,
                         const dd_batch *batch,
                         size_t first,
                         size_t count,
                         dd_ticket *out,
                         dd_error *failure)
{
  decoding = batch->n_prompt == 0;
  at_submit = atomic_load (&calls);
  return __real_dd_device_submit (work, batch, first, count, out, failure);
}

bool
__wrap_dd_device_wait (dd_work *work, dd_ticket ticket, dd_error *failure)
{
  bool ok = __real_dd_device_wait (work, ticket, failure);

  if (decoding) {
    steps++;
    in_steps += atomic_load (&calls) - at_submit;
  }
  return ok;
}

/* ---- an answer --------------------------------------------------------- */

typedef struct watcher {
  const dd_model *model;
  uint64_t before;    /* calls */
  uint32_t pages;
  int tokens, loud, unexplained;
  int trap_at;        /* tokens after which the kernel watches; 0: never */
} watcher;

static bool set_trap (void);

/* Between steps, calls are made for a page alone. */
static void
on_event (dd_session *session, const dd_event *event, void *user)
{
  watcher *self = user;
  uint64_t now = atomic_load (&calls);
  dd_pages_state state;

  if (event->kind != DD_EVENT_TOKEN)
    return;
  dd_pages_describe (self->model->ready->pages, &state);
  if (self->tokens++ > 0 && now != self->before) {
    self->loud++;
    self->unexplained += state.size == self->pages;
  }
  self->pages = state.size;
  if (self->tokens == self->trap_at && !set_trap ())
    _exit (CHECK_SKIP);
  self->before = atomic_load (&calls);
}

/* `max` tokens with everything that sampling can do. */
static void
make_tokens (const char *device, const char *path, int max, watcher *watch)
{
  dd_model_options options = { .devices = device };
  dd_generation want = { .sampling = dd_sampling_default (),
                         .max_tokens = max,
                         .ignore_end = true,
                         .n_best = 5,
                         .event = on_event,
                         .user = watch };
  dd_token prompt[10];
  dd_engine *engine;
  dd_session *session;
  dd_model *model;

  want.sampling.top_p = 0.9f;
  want.sampling.top_k = 100;
  want.sampling.min_p = 0.01f;
  want.sampling.repeat_penalty = 1.1f;
  want.sampling.frequency_penalty = 0.1f;
  REQUIRE_OK (dd_engine_open (&(dd_engine_options) { .threads = 2 }, &engine, &error), error);
  REQUIRE_OK (dd_model_open (engine, path, &options, &model, &error), error);
  REQUIRE_OK (dd_session_open (model, &session, &error), error);
  watch->model = model;
  answer_prompt (prompt, 10, 9);
  answer_start (session, prompt, 10, NULL, 0, &want);
  answer_work (engine);
  if (watch->trap_at > 0)
    _exit (watch->tokens == max ? 0 : 1); /* closing is not quiet */
  dd_session_close (&session);
  dd_model_close (&model);
  dd_engine_close (&engine);
}

static void
test_counted (const char *device, const char *path)
{
  watcher watch = { 0 };

  steps = in_steps = 0;
  make_tokens (device, path, TOKENS, &watch);
  CHECK (calls > 100); /* the counting works */
  CHECK_MSG (watch.tokens == TOKENS && steps >= TOKENS - 1, "%d tokens, %d steps", watch.tokens,
             (int) steps);
  CHECK_MSG (in_steps == 0, "%d calls during steps on %s", (int) in_steps, device);
  /* Pages of 64 tokens, one ahead: 210 tokens need four and a fifth. */
  CHECK_MSG (watch.loud <= 4 && watch.unexplained == 0, "%d of %d loud, %d without a page on %s",
             watch.loud, TOKENS, watch.unexplained, device);
}

/* ---- the kernel's word ------------------------------------------------- */

/* Kills the process at any of these calls, by any of its threads.  False where
 * the kernel has no such filters. */
static bool
set_trap (void)
{
  static const int forbidden[] = {
#ifdef SYS_open
    SYS_open,
#endif
    SYS_openat, SYS_read,     SYS_pread64, SYS_readv, SYS_mmap,
    SYS_munmap, SYS_mprotect, SYS_mremap,  SYS_brk,   SYS_madvise,
  };
  enum { N = sizeof forbidden / sizeof forbidden[0] };
  struct sock_filter code[2 * N + 2] = { BPF_STMT (BPF_LD | BPF_W | BPF_ABS,
                                                   offsetof (struct seccomp_data, nr)) };
  struct sock_fprog filter = { 2 * N + 2, code };

  for (int i = 0; i < N; i++) {
    code[1 + 2 * i] = (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K,
                                                     (unsigned) forbidden[i], 0, 1);
    code[2 + 2 * i] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  }
  code[2 * N + 1] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
         && syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
}

/* What the forked process does under the trap. */
typedef enum deed {
  OPENS,
  MAPS,
  ALLOCATES,
  ANSWERS,
} deed;

static void
do_deed (deed what, const char *device, const char *path)
{
  watcher watch = { .trap_at = 3 };

  if (what == ANSWERS)
    make_tokens (device, path, 50, &watch); /* of the first page */
  if (!set_trap ())
    _exit (CHECK_SKIP);
  if (what == OPENS)
    open ("/dev/null", O_RDONLY);
  if (what == MAPS)
    mmap (NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (what == ALLOCATES) {
    volatile char *memory = malloc (64 << 20);

    if (memory != NULL)
      memory[0] = 1;
  }
  _exit (0);
}

/* The wait status of a process that does it. */
static int
status_of (deed what, const char *device, const char *path)
{
  pid_t child = fork ();
  int status = -1;

  if (child == 0)
    do_deed (what, device, path);
  CHECK (child > 0 && waitpid (child, &status, 0) == child);
  return status;
}

static void
test_trapped (const char *path)
{
  static const char *const devices[] = { "cpu", "reference" };

  if (status_of (OPENS, NULL, NULL) == CHECK_SKIP << 8) {
    puts ("the kernel does not watch here; the counting stands alone");
    return;
  }
  for (deed what = OPENS; what < ANSWERS; what++) { /* the trap works */
    int status = status_of (what, NULL, NULL);

    CHECK_MSG (WIFSIGNALED (status) && WTERMSIG (status) == SIGSYS, "deed %d: %x", (int) what,
               (unsigned) status);
  }
  for (int i = 0; i < 2; i++) {
    int status = status_of (ANSWERS, devices[i], path);

    CHECK_MSG (WIFEXITED (status) && WEXITSTATUS (status) == 0, "on %s: %x", devices[i],
               (unsigned) status);
  }
}

int
main (void)
{
  char *path = tiny_file (&(tiny) { .seed = 1, .type = DD_TYPE_Q8_0 }, "quiet");

  test_trapped (path); /* first, while there is one thread */
  test_counted ("reference", path);
  test_counted ("cpu", path);
  unlink (path);
  free (path);
  return check_done ();
}
