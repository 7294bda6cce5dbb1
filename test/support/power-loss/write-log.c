// Loaded before libc (LD_PRELOAD): writes down, in their order, what a process does to the files below a folder, and what it
// says on stdout. Off by itself unless CUNSHAO_WRITE_LOG and CUNSHAO_WRITE_ROOT are set. See write-log.ts for the format.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_FD 4096
enum { OP_OPEN = 1, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_RENAME, OP_UNLINK, OP_MKDIR, OP_SAID };

// The process writes while it holds this: the log has the order in which things became visible.
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int log_fd = -1;
static const char *root;
static size_t root_length;
static uint64_t node_of[MAX_FD];
static int appends[MAX_FD];

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static ssize_t put(const void *bytes, size_t length) {
  const char *at = bytes;
  for (size_t left = length; left > 0;) {
    ssize_t done = REAL(write)(log_fd, at, left);
    if (done <= 0) abort();
    at += done;
    left -= (size_t)done;
  }
  return (ssize_t)length;
}

static void note(uint32_t op, uint64_t node, uint64_t at, const void *one, size_t one_length, const void *two, size_t two_length) {
  struct { uint32_t op, one_length; uint64_t node, at, two_length; } head = {op, (uint32_t)one_length, node, at, two_length};
  put(&head, sizeof head);
  if (one_length) put(one, one_length);
  if (two_length) put(two, two_length);
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("CUNSHAO_WRITE_LOG");
  root = getenv("CUNSHAO_WRITE_ROOT");
  if (!path || !root) return;
  root_length = strlen(root);
  int fd = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) abort();
  log_fd = fd;
}

// Only absolute paths occur: node makes them, and SQLite does.
static const char *below(const char *path) {
  if (log_fd < 0 || !path || strncmp(path, root, root_length) != 0) return NULL;
  const char *rest = path + root_length;
  if (*rest != '/' && *rest != 0) return NULL;
  size_t length = strlen(rest);
  // Shared memory is rebuilt from the log after a power cut.
  if (length >= 4 && strcmp(rest + length - 4, "-shm") == 0) return NULL;
  return rest;
}

static uint64_t watched(int fd) { return fd >= 0 && fd < MAX_FD ? node_of[fd] : 0; }

static int opened(int fd, const char *path, int flags, int was_there) {
  if (fd < 0 || fd >= MAX_FD) return fd;
  const char *name = below(path);
  if (!name) return fd;
  struct stat found;
  if (fstat(fd, &found) != 0) return fd;
  node_of[fd] = found.st_ino;
  appends[fd] = (flags & O_APPEND) != 0;
  // 1: made now, 2: emptied now, 4: a folder.
  uint64_t how = (was_there ? 0 : 1) | ((flags & O_TRUNC) ? 2 : 0) | (S_ISDIR(found.st_mode) ? 4 : 0);
  note(OP_OPEN, found.st_ino, how, name, strlen(name), NULL, 0);
  return fd;
}

static int is_there(const char *path) {
  struct stat found;
  int saved = errno;
  int there = stat(path, &found) == 0;
  errno = saved;
  return there;
}

#define OPENS(name)                                            \
  int name(const char *path, int flags, ...) {                 \
    va_list rest;                                              \
    va_start(rest, flags);                                     \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                              \
    if (!below(path)) return REAL(name)(path, flags, mode);    \
    pthread_mutex_lock(&lock);                                 \
    int was_there = is_there(path);                            \
    int fd = opened(REAL(name)(path, flags, mode), path, flags, was_there); \
    pthread_mutex_unlock(&lock);                               \
    return fd;                                                 \
  }
OPENS(open)
OPENS(open64)

#define CLOSES(name)                                           \
  int name(int fd) {                                           \
    if (watched(fd)) node_of[fd] = 0;                          \
    return REAL(name)(fd);                                     \
  }
CLOSES(close)

static void said(int fd, const void *bytes, size_t length) {
  if (log_fd >= 0 && fd == 1) note(OP_SAID, 0, 0, NULL, 0, bytes, length);
}

static off_t place(int fd) {
  struct stat found;
  if (appends[fd] && fstat(fd, &found) == 0) return found.st_size;
  return lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  if (log_fd < 0 || (fd != 1 && !watched(fd))) return REAL(write)(fd, bytes, length);
  pthread_mutex_lock(&lock);
  off_t at = watched(fd) ? place(fd) : 0;
  // What is said is noted first: whoever reads it may already rely on it.
  said(fd, bytes, length);
  ssize_t done = REAL(write)(fd, bytes, length);
  if (done > 0 && watched(fd)) note(OP_WRITE, node_of[fd], (uint64_t)at, NULL, 0, bytes, (size_t)done);
  pthread_mutex_unlock(&lock);
  return done;
}

#define PWRITES(name, offset_type)                             \
  ssize_t name(int fd, const void *bytes, size_t length, offset_type at) { \
    if (!watched(fd)) return REAL(name)(fd, bytes, length, at); \
    pthread_mutex_lock(&lock);                                 \
    ssize_t done = REAL(name)(fd, bytes, length, at);          \
    if (done > 0) note(OP_WRITE, node_of[fd], (uint64_t)at, NULL, 0, bytes, (size_t)done); \
    pthread_mutex_unlock(&lock);                               \
    return done;                                               \
  }
PWRITES(pwrite, off_t)
PWRITES(pwrite64, off64_t)

static void noted_pieces(int fd, uint64_t at, const struct iovec *pieces, int count, ssize_t done) {
  for (int i = 0; i < count && done > 0; i++) {
    size_t length = pieces[i].iov_len < (size_t)done ? pieces[i].iov_len : (size_t)done;
    note(OP_WRITE, node_of[fd], at, NULL, 0, pieces[i].iov_base, length);
    at += length;
    done -= (ssize_t)length;
  }
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
  if (!watched(fd)) return REAL(writev)(fd, pieces, count);
  pthread_mutex_lock(&lock);
  off_t at = place(fd);
  ssize_t done = REAL(writev)(fd, pieces, count);
  noted_pieces(fd, (uint64_t)at, pieces, count, done);
  pthread_mutex_unlock(&lock);
  return done;
}

#define PWRITEVS(name, offset_type)                            \
  ssize_t name(int fd, const struct iovec *pieces, int count, offset_type at) { \
    if (!watched(fd)) return REAL(name)(fd, pieces, count, at); \
    pthread_mutex_lock(&lock);                                 \
    ssize_t done = REAL(name)(fd, pieces, count, at);          \
    noted_pieces(fd, (uint64_t)at, pieces, count, done);       \
    pthread_mutex_unlock(&lock);                               \
    return done;                                               \
  }
PWRITEVS(pwritev, off_t)
PWRITEVS(pwritev64, off64_t)

#define TRUNCATES(name, offset_type)                           \
  int name(int fd, offset_type size) {                         \
    if (!watched(fd)) return REAL(name)(fd, size);             \
    pthread_mutex_lock(&lock);                                 \
    int failed = REAL(name)(fd, size);                         \
    if (!failed) note(OP_TRUNCATE, node_of[fd], (uint64_t)size, NULL, 0, NULL, 0); \
    pthread_mutex_unlock(&lock);                               \
    return failed;                                             \
  }
TRUNCATES(ftruncate, off_t)
TRUNCATES(ftruncate64, off64_t)

#define SYNCS(name)                                            \
  int name(int fd) {                                           \
    if (!watched(fd)) return REAL(name)(fd);                   \
    pthread_mutex_lock(&lock);                                 \
    int failed = REAL(name)(fd);                               \
    if (!failed) note(OP_SYNC, node_of[fd], 0, NULL, 0, NULL, 0); \
    pthread_mutex_unlock(&lock);                               \
    return failed;                                             \
  }
SYNCS(fsync)
SYNCS(fdatasync)

int rename(const char *from, const char *to) {
  const char *one = below(from), *two = below(to);
  if (!one || !two) return REAL(rename)(from, to);
  pthread_mutex_lock(&lock);
  int failed = REAL(rename)(from, to);
  if (!failed) note(OP_RENAME, 0, 0, one, strlen(one), two, strlen(two));
  pthread_mutex_unlock(&lock);
  return failed;
}

#define REMOVES(name)                                          \
  int name(const char *path) {                                 \
    const char *one = below(path);                             \
    if (!one) return REAL(name)(path);                         \
    pthread_mutex_lock(&lock);                                 \
    int failed = REAL(name)(path);                             \
    if (!failed) note(OP_UNLINK, 0, 0, one, strlen(one), NULL, 0); \
    pthread_mutex_unlock(&lock);                               \
    return failed;                                             \
  }
REMOVES(unlink)
REMOVES(rmdir)

int mkdir(const char *path, mode_t mode) {
  const char *one = below(path);
  if (!one) return REAL(mkdir)(path, mode);
  pthread_mutex_lock(&lock);
  int failed = REAL(mkdir)(path, mode);
  if (!failed) note(OP_MKDIR, 0, 0, one, strlen(one), NULL, 0);
  pthread_mutex_unlock(&lock);
  return failed;
}
