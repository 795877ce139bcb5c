using KeeperOracle.Risk.Factors;

namespace KeeperOracle.Tests.Risk.Factors;

public sealed class TailMultiplierTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Student_NoVariance_Refuses(double degreesOfFreedom) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TailMultiplier.Student(0.99, degreesOfFreedom));

    [Theory]
    [InlineData(0.99, 2.6652142, 5e-8)]
    [InlineData(0.975, 2.3378, 5e-5)]
    public void Normal_CheckOfTheRiskModel_Agrees(double level, double expected, double tolerance) =>
        Assert.Equal(expected, TailMultiplier.Normal(level), tolerance);

    [Fact]
    public void Student_ManyDegreesOfFreedom_ApproachesTheNormal()
    {
        Assert.Equal(TailMultiplier.Normal(0.99), TailMultiplier.Student(0.99, 1e6), 1e-4);
        Assert.True(TailMultiplier.Student(0.99, 4) > TailMultiplier.Student(0.99, 10));
        Assert.True(TailMultiplier.Student(0.99, 10) > TailMultiplier.Normal(0.99));
    }
}
