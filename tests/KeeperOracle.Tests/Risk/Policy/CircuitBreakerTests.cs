using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class CircuitBreakerTests
{
    private static readonly BreakerLimits Limits = new(
        Divergence: 0.02, Jump: 0.25, MaxAgeSeconds: 7200, FrozenVolatility: 0, FrozenReturns: 24, VolatilityFloor: 0.35);

    private static readonly BreakerInputs Calm = new([3000, 3001, 2999], [.. Enumerable.Repeat(0.005, 24)], 3600, 60);

    [Fact]
    public void Check_InputsWithoutMeaning_RefusedByName()
    {
        Assert.Equal("NoSource", Refusal(Calm with { SourcePrices = [] }));
        Assert.Equal("PriceNotPositive", Refusal(Calm with { SourcePrices = [3000, 0] }));
        Assert.Equal("PriceNotPositive", Refusal(Calm with { SourcePrices = [3000, double.NaN] }));
        Assert.Equal("NotFinite", Refusal(Calm with { Returns = [double.NaN] }));
        Assert.Equal("SampleSecondsNotPositive", Refusal(Calm with { SampleSeconds = 0 }));
    }

    [Fact]
    public void Check_LimitsThatWouldNeverTrip_Refused()
    {
        foreach (var limits in new[]
        {
            Limits with { Divergence = double.NaN }, Limits with { Jump = -1 }, Limits with { FrozenVolatility = double.NaN },
            Limits with { FrozenReturns = 1 }, Limits with { VolatilityFloor = double.NaN },
        })
        {
            Assert.Equal("BreakerLimitsInvalid", Assert.Throws<RiskInputException>(() => CircuitBreaker.Check(Calm, limits)).Refusal);
        }
    }

    [Fact]
    public void Check_CalmMarket_TripsNothing()
    {
        var verdict = CircuitBreaker.Check(Calm, Limits);

        Assert.Empty(verdict.Trips);
        Assert.Equal(0.005 * Math.Sqrt(8760), verdict.Volatility, 12);
    }

    [Theory]
    [InlineData(1020.0, false)]
    [InlineData(1020.001, true)]
    public void F22_Check_SourceDivergence_TripsOverItsLimit(double highest, bool trips) =>
        Trips(Calm with { SourcePrices = [1000, highest, 1000] }, BreakerTripName.SourceDivergence, trips, (highest - 1000) / 1000);

    [Theory]
    [InlineData(0.25, false)]
    [InlineData(0.2500001, true)]
    [InlineData(-0.25, false)]
    [InlineData(-0.2500001, true)]
    public void F21_Check_Jump_TripsOverItsLimitEitherWay(double last, bool trips) =>
        Trips(Calm with { Returns = [0.01, last] }, BreakerTripName.Jump, trips, Math.Abs(last));

    [Theory]
    [InlineData(7200ul, false)]
    [InlineData(7201ul, true)]
    public void F19_Check_Stale_TripsOverItsAge(ulong age, bool trips) => Trips(Calm with { AgeSeconds = age }, BreakerTripName.Stale, trips, age);

    [Theory]
    [InlineData(24, 0.0, true)]
    [InlineData(23, 0.0, false)] // too few to say so
    [InlineData(24, 1e-9, false)]
    public void F30_Check_ZeroVariance_TripsAtALimitOfNothing(int returns, double each, bool trips) =>
        Trips(Calm with { Returns = [.. Enumerable.Repeat(each, returns)] }, BreakerTripName.ZeroVariance, trips, 0);

    [Fact]
    public void F30_Check_FrozenFeed_IsNotTakenForACalmOne()
    {
        var frozen = Calm with { Returns = [.. Enumerable.Repeat(0.0, 24)] };

        var verdict = CircuitBreaker.Check(frozen, Limits);

        Assert.Equal(0.35, verdict.Volatility); // the floor, not 0
        Assert.Contains("frozen", Assert.Single(verdict.Trips).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_EverythingWrong_NamesAllInOrder()
    {
        var inputs = new BreakerInputs([1000, 1100], [.. Enumerable.Repeat(0.5, 24)], 3600, 8000);

        var verdict = CircuitBreaker.Check(inputs, Limits with { FrozenVolatility = 100 });

        Assert.Equal(Enum.GetValues<BreakerTripName>(), verdict.Trips.Select(trip => trip.Name));
    }

    [Theory]
    [InlineData(new[] { 5.0 }, 0)]
    [InlineData(new[] { 99.0, 101 }, 0.02)]
    [InlineData(new[] { 104.0, 96, 100 }, 0.08)]
    public void Divergence_ByHand(double[] prices, double expected) => Assert.Equal(expected, CircuitBreaker.Divergence(prices), 15);

    private static void Trips(BreakerInputs inputs, BreakerTripName name, bool trips, double value)
    {
        var found = CircuitBreaker.Check(inputs, Limits).Trips;
        if (!trips)
        {
            Assert.Empty(found);
            return;
        }

        var trip = Assert.Single(found);
        Assert.Equal(name, trip.Name);
        Assert.Equal(value, trip.Value, 12);
    }

    private static string Refusal(BreakerInputs inputs) => Assert.Throws<RiskInputException>(() => CircuitBreaker.Check(inputs, Limits)).Refusal;
}
