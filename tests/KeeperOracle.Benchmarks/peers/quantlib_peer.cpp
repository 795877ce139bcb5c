// QuantLib two ways: the pricing engine that its manual shows, and BlackCalculator, the fastest it has; and its GARCH(1,1).
#include "bench.h"
#include <ql/quantlib.hpp>
#include <boost/make_shared.hpp>
#include <vector>

using namespace QuantLib;

static double calculator(size_t n, double *const in[6], double *out)
{
    for (size_t i = 0; i < n; i++) {
        const double forward = in[0][i], strike = in[1][i], years = in[2][i], volatility = in[3][i], rate = in[4][i];
        const double discount = std::exp(-rate * years);
        const BlackCalculator black(in[5][i] > 0 ? Option::Call : Option::Put, strike, forward, volatility * std::sqrt(years), discount);
        out[5 * i] = black.value();
        out[5 * i + 1] = black.deltaForward();
        out[5 * i + 2] = black.gammaForward();
        out[5 * i + 3] = black.vega(years);
        // theta() differentiates with the spot held; with the forward held it is r V - n(d1) F D sigma / (2 sqrt T).
        out[5 * i + 4] = rate * black.value() - .5 * out[5 * i + 3] * volatility / years;
    }
    double sum = 0;
    for (size_t i = 0; i < 5 * n; i++) sum += out[i];
    return sum;
}

// Each option through an engine of its own market, quotes changed in place: what a user of the library's instruments does.
static double engine(size_t n, double *const in[6])
{
    const Date today(1, January, 2026);
    Settings::instance().evaluationDate() = today;
    const DayCounter days = Actual365Fixed();
    auto spot = ext::make_shared<SimpleQuote>(100.0);
    auto rate = ext::make_shared<SimpleQuote>(0.0);
    auto volatility = ext::make_shared<SimpleQuote>(.5);
    Handle<YieldTermStructure> curve(ext::make_shared<FlatForward>(today, Handle<Quote>(rate), days));
    Handle<BlackVolTermStructure> surface(ext::make_shared<BlackConstantVol>(today, NullCalendar(), Handle<Quote>(volatility), days));
    // A forward: its carry equals the rate.
    auto process = ext::make_shared<GeneralizedBlackScholesProcess>(Handle<Quote>(spot), curve, curve, surface);
    auto pricing = ext::make_shared<AnalyticEuropeanEngine>(process);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        spot->setValue(in[0][i]);
        rate->setValue(in[4][i]);
        volatility->setValue(in[3][i]);
        VanillaOption option(ext::make_shared<PlainVanillaPayoff>(in[5][i] > 0 ? Option::Call : Option::Put, in[1][i]),
                             ext::make_shared<EuropeanExercise>(today + static_cast<Integer>(in[2][i] * 365)));
        option.setPricingEngine(pricing);
        sum += option.NPV() + option.delta() + option.gamma() + option.vega() + option.theta();
    }
    return sum;
}

int main(int argc, char **argv)
{
    if (argc != 3) { std::fprintf(stderr, "usage: quantlib_peer greeks|garch FOLDER\n"); return 2; }
    size_t n;
    double best, sum = 0;
    if (std::strcmp(argv[1], "greeks") == 0) {
        double *in[6];
        const char *names[] = {"forward", "strike", "years", "volatility", "rate", "sign"};
        for (int i = 0; i < 6; i++) in[i] = bench_read(argv[2], names[i], &n);
        std::vector<double> out(5 * n);
        BENCH_BEST(best, .5, sum = calculator(n, in, out.data()));
        bench_say("quantlib-calculator", "greeks", static_cast<double>(n) / best, sum);
        const size_t few = n < 4096 ? n : 4096;
        BENCH_BEST(best, .5, sum = engine(few, in));
        bench_say("quantlib-engine", "greeks", static_cast<double>(few) / best, sum);
        return 0;
    }
    double *returns = bench_read(argv[2], "garch", &n);
    double mean = 0;
    for (size_t i = 0; i < n; i++) mean += returns[i] / static_cast<double>(n);
    TimeSeries<Volatility> series;
    for (size_t i = 0; i < n; i++) series[Date(1, January, 2000) + static_cast<Integer>(i)] = returns[i] - mean;
    double likelihood = 0;
    BENCH_BEST(best, 1, {
        Garch11 garch(series, Garch11::BestOfTwo);
        likelihood = garch.logLikelihood();
        sum = garch.alpha() + garch.beta();
    });
    (void)likelihood;
    bench_say("quantlib", "garch", 1 / best, sum);
    return 0;
}
