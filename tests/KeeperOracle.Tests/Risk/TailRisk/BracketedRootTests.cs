using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

public sealed class BracketedRootTests
{
    [Fact]
    public void Find_SignsDiffer_GivesTheZero() =>
        Assert.Equal(Math.Sqrt(2), BracketedRoot.Find("root", x => (x * x) - 2, 0, 2, 1e-13, 100), 1e-12);

    [Fact]
    public void Find_NoZeroTooFewStepsOrNoNumber_Refuses()
    {
        TailVectors.Refuses("RootNotFound", () => BracketedRoot.Find("root", x => (x * x) + 1, 0, 2, 1e-13, 100));
        TailVectors.Refuses("RootNotFound", () => BracketedRoot.Find("root", x => (x * x) - 2, 0, 2, 1e-13, 1));
        TailVectors.Refuses("RootNotFound", () => BracketedRoot.Find("root", _ => double.NaN, 0, 2, 1e-13, 100));
    }
}
