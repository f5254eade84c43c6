/* The sample server. What it does is set by the environment:
 *   PORT      HTTP/1.1 on this port        TCP_PORT  echoes bytes until the peer's end of file
 *   UDP_PORT  echoes datagrams             NAME      the service's name in the answers
 *   GRACE_MS  how long to serve on after SIGTERM (default 3000), so that a rolling pod loses no request
 *
 * HTTP paths: /bytes/N sends N bytes, the byte at i being i % 251; /sink counts what is sent to it and
 * compares it with that pattern; /delay/MS answers later; /stream/N sends N chunks, one each 100 ms;
 * /status/CODE; /hang never answers; /reset ends with RST; every other path tells what was asked. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define HEAD_MAX 65536
#define PATTERN 251
#define BLOCK (PATTERN * 256)

struct conn {
    int fd;
    char *buf;                  /* what was read and not yet used: buf[from..to) */
    size_t from, to;
};

struct request {
    char method[16], path[2048];
    char *headers;              /* text of the header lines, up to the empty one */
    long long length;           /* of the body; -1 if it comes in chunks */
    int keep;
};

struct sink { long long count; int intact; char *copy; size_t kept; };

static char host[256], pattern[2 * BLOCK];
static const char *name;
static atomic_int ending;

static int send_all(int fd, const char *data, size_t n) {
    while (n > 0) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return -1;
        data += sent;
        n -= sent;
    }
    return 0;
}

/* Reads more behind what is there; 0 at the end of file. */
static ssize_t fill(struct conn *c) {
    if (c->from == c->to) c->from = c->to = 0;
    if (c->to == HEAD_MAX && c->from > 0) {
        memmove(c->buf, c->buf + c->from, c->to - c->from);
        c->to -= c->from;
        c->from = 0;
    }
    if (c->to == HEAD_MAX) return -1;
    ssize_t n;
    do n = recv(c->fd, c->buf + c->to, HEAD_MAX - c->to, 0); while (n < 0 && errno == EINTR);
    if (n > 0) c->to += n;
    return n;
}

static char *header(const char *headers, const char *wanted) {
    const char *found = strcasestr(headers, wanted);
    return found ? (char *)found + strlen(wanted) : NULL;
}

static int read_head(struct conn *c, struct request *r) {
    char *end;
    while (!(end = memmem(c->buf + c->from, c->to - c->from, "\r\n\r\n", 4)))
        if (fill(c) <= 0) return -1;
    char *head = c->buf + c->from, version[16] = "";
    end[2] = 0;
    c->from = end + 4 - c->buf;
    if (sscanf(head, "%15s %2047s %15s", r->method, r->path, version) != 3) return -1;
    /* From the line's end, so that each header has a line feed before it. */
    r->headers = strdup(strchr(head, '\n'));
    char *length = header(r->headers, "\ncontent-length:");
    char *coding = header(r->headers, "\ntransfer-encoding: chunked");
    char *connection = header(r->headers, "\nconnection: close");
    r->length = coding ? -1 : length ? atoll(length) : 0;
    r->keep = strcmp(version, "HTTP/1.0") != 0 && !connection;
    if (header(r->headers, "\nexpect: 100-continue")) return send_all(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    return 0;
}

static void take(struct sink *s, const char *data, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t at = (s->count + i) % PATTERN, part = n - i < BLOCK ? n - i : BLOCK;
        if (memcmp(data + i, pattern + at, part) != 0) s->intact = 0;
        i += part;
    }
    size_t keep = s->kept + n <= HEAD_MAX ? n : HEAD_MAX - s->kept;
    if (keep && s->copy) memcpy(s->copy + s->kept, data, keep);
    s->kept += keep;
    s->count += n;
}

static int read_bytes(struct conn *c, long long n, struct sink *s) {
    while (n > 0) {
        if (c->from == c->to && fill(c) <= 0) return -1;
        size_t part = c->to - c->from;
        if ((long long)part > n) part = n;
        take(s, c->buf + c->from, part);
        c->from += part;
        n -= part;
    }
    return 0;
}

static int read_line(struct conn *c, char *line, size_t size) {
    char *end;
    while (!(end = memchr(c->buf + c->from, '\n', c->to - c->from)))
        if (fill(c) <= 0) return -1;
    size_t n = end - (c->buf + c->from);
    snprintf(line, size, "%.*s", (int)n, c->buf + c->from);
    c->from += n + 1;
    return 0;
}

static int read_body(struct conn *c, long long length, struct sink *s) {
    if (length >= 0) return read_bytes(c, length, s);
    char line[256];
    for (;;) {
        if (read_line(c, line, sizeof line)) return -1;
        long long n = strtoll(line, NULL, 16);
        if (n > 0 && read_bytes(c, n, s)) return -1;
        if (read_line(c, line, sizeof line)) return -1;
        if (n == 0) return 0;
    }
}

static int respond(struct conn *c, struct request *r, int code, const char *body, size_t n) {
    char *out = malloc(n + 512);
    int at = sprintf(out, "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nX-Served-By: %s\r\n%s\r\n",
                     code, code < 400 ? "OK" : "Error", n, host, r->keep ? "" : "Connection: close\r\n");
    if (strcmp(r->method, "HEAD") != 0) {
        memcpy(out + at, body, n);
        at += n;
    }
    int result = send_all(c->fd, out, at);
    free(out);
    return result;
}

static int send_pattern(struct conn *c, struct request *r, long long n) {
    char head[256];
    int at = sprintf(head, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %lld\r\n%s\r\n",
                     n, r->keep ? "" : "Connection: close\r\n");
    if (send_all(c->fd, head, at) || strcmp(r->method, "HEAD") == 0) return 0;
    for (; n > 0; n -= BLOCK)
        if (send_all(c->fd, pattern, n < BLOCK ? n : BLOCK)) return -1;
    return 0;
}

static int send_stream(struct conn *c, int chunks) {
    char text[128], framed[192];
    const char *head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
    if (send_all(c->fd, head, strlen(head))) return -1;
    for (int i = 1; i <= chunks; i++) {
        int n = sprintf(text, "chunk %d of %d\n", i, chunks), at = sprintf(framed, "%x\r\n%s\r\n", n, text);
        if (send_all(c->fd, framed, at)) return -1;
        if (i < chunks) usleep(100000);
    }
    return send_all(c->fd, "0\r\n\r\n", 5);
}

static int tell(struct conn *c, struct request *r, struct sink *s, int code) {
    char *body = malloc(2 * HEAD_MAX + 4096);
    size_t n = sprintf(body, "Request served by %s\nService: %s\n\n%s %s HTTP/1.1\n", host, name, r->method, r->path);
    for (char *p = r->headers + 1; *p; p++)
        if (*p != '\r') body[n++] = *p;
    body[n++] = '\n';
    memcpy(body + n, s->copy, s->kept);
    int failed = respond(c, r, code, body, n + s->kept);
    free(body);
    return failed;
}

static int reset(struct conn *c) {
    struct linger now = {1, 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return -1;
}

static int answer(struct conn *c, struct request *r, struct sink *s) {
    long long n;
    int status;
    if (sscanf(r->path, "/bytes/%lld", &n) == 1) return send_pattern(c, r, n);
    if (sscanf(r->path, "/stream/%d", &status) == 1) return send_stream(c, status);
    if (sscanf(r->path, "/status/%d", &status) == 1) return tell(c, r, s, status);
    if (strncmp(r->path, "/reset", 6) == 0) return reset(c);
    if (strncmp(r->path, "/hang", 5) == 0) for (;;) pause();
    if (strncmp(r->path, "/healthz", 8) == 0) return respond(c, r, 200, "ok\n", 3);
    if (sscanf(r->path, "/delay/%lld", &n) == 1) usleep(n * 1000);
    if (strncmp(r->path, "/sink", 5) != 0) return tell(c, r, s, 200);
    char text[128];
    n = sprintf(text, "received %lld bytes, pattern %s\n", s->count, s->intact ? "intact" : "different");
    return respond(c, r, 200, text, n);
}

static void *serve_http(void *arg) {
    struct conn c = {(int)(long)arg, malloc(HEAD_MAX + 1), 0, 0};
    struct request r;
    for (int more = 1; more;) {
        struct sink s = {0, 1, NULL, 0};
        if (read_head(&c, &r)) break;
        /* Once the end has been asked for, no connection is kept. */
        r.keep = r.keep && !ending;
        if (strncmp(r.path, "/sink", 5) != 0) s.copy = malloc(HEAD_MAX);
        more = read_body(&c, r.length, &s) == 0 && answer(&c, &r, &s) == 0 && r.keep;
        free(r.headers);
        free(s.copy);
    }
    close(c.fd);
    free(c.buf);
    return NULL;
}

static void *serve_tcp(void *arg) {
    int fd = (int)(long)arg;
    char buf[32768];
    for (ssize_t n; (n = recv(fd, buf, sizeof buf, 0)) > 0 && send_all(fd, buf, n) == 0;) {}
    close(fd);
    return NULL;
}

static int open_socket(int type, const char *port) {
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(port))};
    int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (void *)&any, sizeof any)) { perror(port); exit(1); }
    if (type == SOCK_STREAM) listen(fd, 4096);
    return fd;
}

static void *accept_all(const char *port, void *(*serve)(void *)) {
    int fd = open_socket(SOCK_STREAM, port), on = 1;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, 128 * 1024);
    for (;;) {
        int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;
        if (conn < 0) { usleep(1000); continue; }
        setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (pthread_create(&thread, &attr, serve, (void *)(long)conn)) close(conn);
    }
    return NULL;
}

static void *http_main(void *port) { return accept_all(port, serve_http); }
static void *tcp_main(void *port) { return accept_all(port, serve_tcp); }
static void *udp_main(void *port) {
    int fd = open_socket(SOCK_DGRAM, port);
    char buf[65536];
    for (;;) {
        struct sockaddr_in6 from;
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, buf, sizeof buf, 0, (void *)&from, &size);
        if (n >= 0) sendto(fd, buf, n, 0, (void *)&from, size);
    }
    return NULL;
}

static void start(const char *variable, void *(*run)(void *)) {
    char *port = getenv(variable);
    pthread_t thread;
    if (port) pthread_create(&thread, NULL, run, port);
}

int main(void) {
    sigset_t end;
    struct rlimit files = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_NOFILE, &files);           /* where it is refused, what there is must do */
    gethostname(host, sizeof host - 1);
    name = getenv("NAME") ? getenv("NAME") : "echo";
    for (size_t i = 0; i < sizeof pattern; i++) pattern[i] = i % PATTERN;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGINT);
    pthread_sigmask(SIG_BLOCK, &end, NULL);
    start("PORT", http_main);
    start("TCP_PORT", tcp_main);
    start("UDP_PORT", udp_main);
    sigwaitinfo(&end, NULL);
    ending = 1;
    usleep((getenv("GRACE_MS") ? atoi(getenv("GRACE_MS")) : 3000) * 1000);
    return 0;
}
