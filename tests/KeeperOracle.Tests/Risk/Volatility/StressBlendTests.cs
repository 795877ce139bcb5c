using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class StressBlendTests
{
    [Theory]
    [InlineData(0.2499999)]
    [InlineData(1.0000001)]
    [InlineData(0)]
    [InlineData(double.NaN)]
    public void Apply_WeightOutsideTheRule_Refuses(double weight) =>
        Assert.Contains(".25 and 1", Assert.Throws<ArgumentOutOfRangeException>(() => StressBlend.Apply(0.6, 1.2, weight)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0.25, 0.75)]
    [InlineData(0.5, 0.9)]
    [InlineData(1, 1.2)]
    public void Apply_WeightInsideTheRule_Blends(double weight, double expected) => Assert.Equal(expected, StressBlend.Apply(0.6, 1.2, weight), 1e-15);
}
