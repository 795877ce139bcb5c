/* The ceiling: plain loops that gcc vectorises over libmvec (exp, log, erfc), no care for NaN or the last digits (-ffast-math). */
#include "bench.h"
#include <math.h>

static void greeks(size_t n, const double *restrict forward, const double *restrict strike, const double *restrict years,
                   const double *restrict volatility, const double *restrict rate, const double *restrict sign,
                   double *restrict price, double *restrict delta, double *restrict gamma, double *restrict vega, double *restrict theta)
{
    for (size_t i = 0; i < n; i++) {
        double root = sqrt(years[i]), total = volatility[i] * root;
        double d1 = log(forward[i] / strike[i]) / total + .5 * total, d2 = d1 - total;
        double discount = exp(-rate[i] * years[i]);
        double density = .39894228040143267794 * exp(-.5 * d1 * d1);
        double n1 = .5 * erfc(-sign[i] * d1 * .70710678118654752440), n2 = .5 * erfc(-sign[i] * d2 * .70710678118654752440);
        double p = discount * sign[i] * (forward[i] * n1 - strike[i] * n2);
        double v = discount * forward[i] * density * root;
        price[i] = p;
        delta[i] = discount * sign[i] * n1;
        gamma[i] = discount * density / (forward[i] * total);
        vega[i] = v;
        theta[i] = rate[i] * p - .5 * v * volatility[i] / years[i];
    }
}

/* One account: LEGS options of one underlying over all scenarios; P&L summed by scenario, the worst kept. */
static double revalue(size_t accounts, size_t legs, size_t scenarios, const double *restrict log_moneyness, const double *restrict forward,
                      const double *restrict strike, const double *restrict total, const double *restrict sign, const double *restrict amount,
                      const double *restrict shift, const double *restrict shock, const double *restrict scale, double *restrict worst)
{
    double sum = 0;
    for (size_t a = 0; a < accounts; a++) {
        double least = 1e300;
        for (size_t s = 0; s < scenarios; s++) {
            double value = 0;
            for (size_t i = a * legs; i < (a + 1) * legs; i++) {
                double t = total[i] * scale[s], d1 = (log_moneyness[i] + shift[s]) / t + .5 * t, d2 = d1 - t;
                double n1 = erfc(-sign[i] * d1 * .70710678118654752440), n2 = erfc(-sign[i] * d2 * .70710678118654752440);
                value += .5 * amount[i] * sign[i] * (forward[i] * shock[s] * n1 - strike[i] * n2);
            }
            if (value < least) least = value;
        }
        worst[a] = least;
        sum += least;
    }
    return sum;
}

int main(int argc, char **argv)
{
    if (argc != 3) { fprintf(stderr, "usage: ceiling greeks|revalue FOLDER\n"); return 2; }
    size_t n;
    double best = 0;
    if (strcmp(argv[1], "greeks") == 0) {
        double *in[6];
        const char *names[] = {"forward", "strike", "years", "volatility", "rate", "sign"};
        for (int i = 0; i < 6; i++) in[i] = bench_read(argv[2], names[i], &n);
        double *out = aligned_alloc(64, 5 * n * sizeof(double));
        BENCH_BEST(best, .5, greeks(n, in[0], in[1], in[2], in[3], in[4], in[5], out, out + n, out + 2 * n, out + 3 * n, out + 4 * n));
        double sum = 0;
        for (size_t i = 0; i < 5 * n; i++) sum += out[i];
        bench_say("c", "greeks", (double)n / best, sum);
        return 0;
    }
    double *in[6], *grid[3];
    const char *names[] = {"book_log_moneyness", "book_forward", "book_strike", "book_total", "book_sign", "book_amount"};
    const char *grids[] = {"grid_shift", "grid_shock", "grid_scale"};
    for (int i = 0; i < 6; i++) in[i] = bench_read(argv[2], names[i], &n);
    size_t scenarios;
    for (int i = 0; i < 3; i++) grid[i] = bench_read(argv[2], grids[i], &scenarios);
    size_t legs = 20, accounts = n / legs;
    double *worst = aligned_alloc(64, accounts * sizeof(double)), sum = 0;
    BENCH_BEST(best, 2, sum = revalue(accounts, legs, scenarios, in[0], in[1], in[2], in[3], in[4], in[5], grid[0], grid[1], grid[2], worst));
    bench_say("c", "revalue", (double)(n * scenarios) / best, sum);
    return 0;
}
