using KeeperOracle.Risk;
using KeeperOracle.Risk.Numerics;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Tests.Risk.Pricing;

public sealed class RevaluationTests
{
    private const int Count = 4_003;

    private readonly double[] _sign = new double[Count];
    private readonly double[] _forward = new double[Count];
    private readonly double[] _strike = new double[Count];
    private readonly double[] _logMoneyness = new double[Count];
    private readonly double[] _totalVolatility = new double[Count];

    public RevaluationTests()
    {
        var random = new SeededRandom(9);
        for (var i = 0; i < Count; i++)
        {
            _sign[i] = random.NextInt(2) == 0 ? 1 : -1;
            _forward[i] = 20 + (3000 * random.NextUniform());
            _strike[i] = i % 97 == 0 ? 0 : _forward[i] * Elementary.Exp(random.NextNormal());
            _totalVolatility[i] = i % 89 == 0 ? 0 : random.NextUniform();
            _logMoneyness[i] = Revaluation.LogMoneyness(_forward[i], _strike[i]);
        }
    }

    private RevaluedOptions Options => new(_sign, _forward, _strike, _logMoneyness, _totalVolatility);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(1, -0.1)]
    [InlineData(1, double.NaN)]
    public void Shock_OutOfRange_RefusedByName(double forward, double volatility) =>
        Assert.Equal("ShockOutOfRange", Assert.Throws<RiskInputException>(() => new MarketShock(forward, volatility)).Refusal);

    [Fact]
    public void Prices_ResultTooShort_RefusedByName() =>
        Assert.Equal("UnequalLengths", Assert.Throws<RiskInputException>(() => Revaluation.Prices(Options, new(1, 1), new double[Count - 1])).Refusal);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0.34, 1.4)]
    [InlineData(3, 0.78)]
    [InlineData(1.1, 0)]
    public void Prices_UnderAShock_AreBlacksWithoutDiscount(double forward, double volatility)
    {
        var prices = new double[Count];
        Revaluation.Prices(Options, new(forward, volatility), prices);
        for (var i = 0; i < Count; i++)
        {
            var expected = Black76.Price(
                _sign[i] > 0 ? OptionKind.Call : OptionKind.Put, _forward[i] * forward, _strike[i], 1, _totalVolatility[i] * volatility, 0);
            Assert.Equal(expected, prices[i], 4e-15 * Math.Max(_forward[i] * forward, _strike[i]));
        }
    }

    [Fact]
    public void Prices_AnySliceAndWidth_SameBits()
    {
        var shock = new MarketShock(0.87, 1.2);
        var whole = new double[Count];
        Revaluation.Prices(Options, shock, whole);
        for (var length = 0; length < 40; length++)
        {
            var start = 100 + (3 * length);
            var part = new double[length];
            Revaluation.Prices(Options.Slice(start, length), shock, part);
            Assert.Equal(whole[start..(start + length)], part);
        }

        Assert.Equal(whole[..(8 * 500)], Forced<Lane1>(shock));
        Assert.Equal(whole[..(8 * 500)], Forced<Lanes4>(shock));
        Assert.Equal(whole[..(8 * 500)], Forced<Lanes8>(shock));
    }

    private double[] Forced<T>(MarketShock shock)
        where T : struct, ILanes<T>
    {
        var result = new double[8 * 500];
        for (var i = 0; i < result.Length; i += T.Count)
        {
            T.Store(
                Revaluation.Price<T>(
                    T.Load(ref _sign[i]), T.Load(ref _forward[i]), T.Load(ref _strike[i]), T.Load(ref _logMoneyness[i]),
                    T.Load(ref _totalVolatility[i]), shock),
                ref result[i]);
        }

        return result;
    }
}
