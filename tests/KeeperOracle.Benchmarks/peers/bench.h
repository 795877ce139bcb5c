/* What the C and C++ peers share: inputs that the C# program wrote as raw doubles, and a clock. One figure a line:
   NAME WORKLOAD UNITS_PER_SECOND CHECKSUM, the best of many short rounds inside one process. */
#ifndef KEEPERORACLE_BENCH_H
#define KEEPERORACLE_BENCH_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double *bench_read(const char *folder, const char *name, size_t *count)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.bin", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) { fprintf(stderr, "cannot read %s\n", path); exit(1); }
    fseek(file, 0, SEEK_END);
    long bytes = ftell(file);
    rewind(file);
    double *data = (double *)aligned_alloc(64, ((size_t)bytes + 63) / 64 * 64);
    if (fread(data, 1, (size_t)bytes, file) != (size_t)bytes) { fprintf(stderr, "short read of %s\n", path); exit(1); }
    fclose(file);
    *count = (size_t)bytes / sizeof(double);
    return data;
}

static inline double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Runs the statement again and again for about SECONDS; BEST is the shortest time of one run. */
#define BENCH_BEST(BEST, SECONDS, STATEMENT)                         \
    do {                                                             \
        double began_ = bench_now();                                 \
        (BEST) = 1e300;                                              \
        do {                                                         \
            double start_ = bench_now();                             \
            STATEMENT;                                               \
            double took_ = bench_now() - start_;                     \
            if (took_ < (BEST)) (BEST) = took_;                      \
        } while (bench_now() - began_ < (SECONDS));                  \
    } while (0)

static inline void bench_say(const char *name, const char *workload, double rate, double checksum)
{
    printf("%s %s %.17g %.17g\n", name, workload, rate, checksum);
}
#endif
