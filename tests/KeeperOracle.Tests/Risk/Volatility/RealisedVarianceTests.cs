using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class RealisedVarianceTests
{
    [Fact]
    public void Of_BadInput_Refuses()
    {
        Assert.Equal("TooFewObservations", Refusal([0.1], 86400));
        Assert.Equal("BadInterval", Refusal([0.1, 0.2], 0));
        Assert.Equal("BadInterval", Refusal([0.1, 0.2], double.NaN));
        Assert.Equal("NotFinite", Refusal([0.1, double.NaN], 86400));
        Assert.Equal("ScaleOutOfRange", Refusal([0.1, -1e101], 86400));
    }

    [Fact]
    public void Of_ByHand_SumsSquaresAndNeighbours()
    {
        var realised = RealisedVariance.Of([0.01, -0.02, 0.03], 86400);
        Assert.Equal(0.0014, realised.Variance, 1e-18);
        Assert.Equal(Math.PI / 2 * 0.0008, realised.BipowerVariation, 1e-17);
        Assert.Equal(1 - (Math.PI / 2 * 0.0008 / 0.0014), realised.JumpShare, 1e-14);
        Assert.Equal(Math.Sqrt(0.0014 * 365), realised.Volatility, 1e-14);
        Assert.Equal(Math.Sqrt(Math.PI / 2 * 0.0008 * 365), realised.DiffusionVolatility, 1e-14);
    }

    [Fact]
    public void Of_StillFeed_IsZeroEverywhere() =>
        Assert.Equal(new RealisedVariance(0, 0, 0, 3600), RealisedVariance.Of([0, 0, 0], 3600));

    [Fact]
    public void Of_DiffusionWithAndWithoutAJump_TellsThemApart()
    {
        var random = new SeededRandom(31);
        var returns = Enumerable.Range(0, 20_000).Select(_ => 0.04 / Math.Sqrt(20_000) * random.NextNormal()).ToArray();
        var calm = RealisedVariance.Of(returns, 86400);
        Assert.Equal(0.04, Math.Sqrt(calm.Variance), 0.0008);
        Assert.Equal(0.04, Math.Sqrt(calm.BipowerVariation), 0.0008);
        Assert.InRange(calm.JumpShare, 0, 0.02);

        returns[7000] += 0.03;
        var jumped = RealisedVariance.Of(returns, 86400);
        Assert.Equal(0.05, Math.Sqrt(jumped.Variance), 0.001);
        Assert.Equal(0.04, Math.Sqrt(jumped.BipowerVariation), 0.001);
        Assert.Equal(0.36, jumped.JumpShare, 0.02);
    }

    private static string Refusal(double[] returns, double seconds) =>
        Assert.Throws<RiskInputException>(() => RealisedVariance.Of(returns, seconds)).Refusal;
}
