using KeeperOracle.Risk;
using KeeperOracle.Risk.Correlation;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

public sealed class BreachProbabilityTests
{
    private const double Day = 1.0 / 365;

    [Fact]
    public void Terminal_CheckOfTheRiskModel_Gives1106And2192()
    {
        Assert.Equal(0.1106, BreachProbability.Terminal(1.05, 0.75, Day), 5e-5);
        Assert.Equal(0.2192, BreachProbability.FirstPassage(1.05, 0.75, Day), 5e-5);
    }
}
