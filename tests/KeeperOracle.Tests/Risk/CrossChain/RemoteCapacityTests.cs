using CsCheck;
using KeeperOracle.Risk.CrossChain;

namespace KeeperOracle.Tests.Risk.CrossChain;

public sealed class RemoteCapacityTests
{
    /// <summary>Relative. The promise between the implementations is 1e-9; this is what C# reaches.</summary>
    private const double Reached = 1e-13;

    /// <summary>The check of the risk model: volatility 60 %, 20 minutes: .861 %.</summary>
    [Fact]
    public void Of_CheckOfTheRiskModel_Agrees()
    {
        var capacity = RemoteCapacity.Of(6000, new ChainCollateral("WETH", 2, 3000, .8, .7, .60), 1200, 60);

        Assert.Equal(.00861, capacity.InitialHaircut, 5e-6);
        Assert.Equal(6000 * .7 * (1 - capacity.InitialHaircut), capacity.Initial, 1e-9);
        Assert.Equal(6000 * .8 * (1 - capacity.MaintenanceHaircut), capacity.Maintenance, 1e-9);
    }

    [Fact]
    public void Of_GoldenVectors_Agrees()
    {
        using var vectors = new Vectors("remote.json");
        var (volatility, initialVolatility) = (vectors.Fractions("volatility"), vectors.Fractions("initialVolatility"));
        var (now, observed, lag) = (vectors.Integers("currentTime"), vectors.Integers("observedAt"), vectors.Integers("lag"));
        var (value, threshold, factor) = (vectors.Fractions("value"), vectors.Fractions("liquidationThreshold"), vectors.Fractions("borrowFactor"));
        var (initialHaircut, maintenanceHaircut) = (vectors.Fractions("initialHaircut"), vectors.Fractions("maintenanceHaircut"));
        var (initial, maintenance) = (vectors.Fractions("initial"), vectors.Fractions("maintenance"));
        Assert.True(initial.Count > 100, $"{initial.Count} rows");

        for (var i = 0; i < initial.Count; i++)
        {
            var held = new ChainCollateral("X", 1, value[i], threshold[i], factor[i], volatility[i], initialVolatility[i]);
            var capacity = RemoteCapacity.Of(value[i], held, (double)(now[i] - observed[i]), (double)lag[i]);

            Close(initialHaircut[i], capacity.InitialHaircut);
            Close(maintenanceHaircut[i], capacity.MaintenanceHaircut);
            Close(initial[i], capacity.Initial);
            Close(maintenance[i], capacity.Maintenance);
        }
    }

    [Theory]
    [InlineData(-3600, 900, 900)]
    [InlineData(-3600, 0, 0)]
    [InlineData(0, 0, 0)]
    [InlineData(899, 900, 900)]
    [InlineData(900, 900, 900)]
    [InlineData(901, 900, 901)]
    public void CountedAge_IsNeverUnderTheLagNorFromTheFuture(double age, double lag, double counted) =>
        Assert.Equal(counted, RemoteCapacity.CountedAge(age, lag));

    [Fact]
    public void Of_UnitOfAccount_HasNoHaircutAtAnyAge()
    {
        var capacity = RemoteCapacity.Of(500, new ChainCollateral("USD", 500, 1, 1, 1), 1e8, 900);

        Assert.Equal((0, 0, 500, 500), (capacity.InitialHaircut, capacity.MaintenanceHaircut, capacity.Initial, capacity.Maintenance));
    }

    [Fact]
    public void Of_OlderObservation_LowersInitialAloneAndNeverUnderZero() =>
        Gen.Select(Gen.Double[0, 5], Gen.Double[-1e5, 1e8], Gen.Double[0, 1e7], Gen.Double[0, 7200]).Sample(
            (volatility, age, more, lag) =>
            {
                var held = new ChainCollateral("X", 1, 1, .8, .7, volatility);
                var (then, now) = (RemoteCapacity.Of(1000, held, age, lag), RemoteCapacity.Of(1000, held, age + more, lag));
                return now.Initial <= then.Initial && now.Initial >= 0 && now.Maintenance == then.Maintenance && now.InitialHaircut <= 1;
            },
            iter: 2000);

    private static void Close(double expected, double actual) => Assert.Equal(expected, actual, Math.Max(1e-15, Reached * Math.Abs(expected)));
}
