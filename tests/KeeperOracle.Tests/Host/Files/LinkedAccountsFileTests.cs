using KeeperOracle.Host.Files;
using KeeperOracle.Risk.CrossChain;

namespace KeeperOracle.Tests.Host.Files;

public sealed class LinkedAccountsFileTests : IDisposable
{
    private const string Weth = "{ \"asset\": \"WETH\", \"amount\": 1, \"price\": 3000 }";

    private readonly InputFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{ \"collaterals\": [ " + Weth + " ] }", "MissingKey", "chains", "name each chain")]
    [InlineData("{ \"chains\": [ {} ], \"collaterals\": [ " + Weth + " ] }", "MissingKey", "chains[0].chain", "a text is needed")]
    [InlineData("{ \"chains\": [ { \"chain\": \"1\", \"observedAt\": \"noon\" } ], \"collaterals\": [ " + Weth + " ] }", "BadTimestamp", "chains[0].observedAt", "\"noon\"")]
    [InlineData("{ \"chains\": [ { \"chain\": \"1\", \"observedAt\": \"2026-01-01\" } ], \"collaterals\": [ " + Weth + " ] }", "MissingAsOf", "chains[0].observedAt", "add \"asOf\"")]
    [InlineData("{ \"chains\": [ { \"chain\": \"1\", \"finalityLagSeconds\": -1 } ], \"collaterals\": [ " + Weth + " ] }", "OutOfRange", "chains[0].finalityLagSeconds", "under zero")]
    [InlineData("{ \"chains\": [ { \"chain\": \"1\" }, { \"chain\": \"2\" } ], \"collaterals\": [ " + Weth + " ] }", "MissingKey", "collaterals[0].chain", "on which of the chains")]
    [InlineData("{ \"chains\": [ { \"chain\": \"1\" } ], \"collaterals\": [ " + Weth + " ], \"cash\": -1 }", "OfAChain", "cash", "in chains")]
    public void Read_FileThatIsNone_IsRefusedAtItsPlace(string text, string refusal, string path, string words)
    {
        var problem = Assert.Single(Assert.Throws<InputFileException>(() => Read(text)).Problems);

        Assert.Equal((refusal, path), (problem.Refusal, problem.Path));
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ObservationLaterThanNow_HasANegativeAge()
    {
        var accounts = Read(
            "{ \"asOf\": \"2026-01-01T08:00:00Z\", \"chains\": [ { \"chain\": \"1\", \"observedAt\": \"2026-01-01T08:00:30Z\" },"
            + " { \"chain\": \"2\", \"observedAt\": \"2026-01-01T07:59:00Z\" } ], \"collaterals\": [ " + Weth.Replace("}", ", \"chain\": \"2\" }", StringComparison.Ordinal) + " ] }");

        Assert.Equal([-30.0, 60.0], accounts.Chains.Select(chain => chain.AgeSeconds));
        Assert.Equal([0, 1], accounts.Chains.Select(chain => chain.Collaterals.Count));
    }

    [Fact]
    public void Read_OneChain_HoldsWhatNamesNone()
    {
        var chain = Assert.Single(Read("{ \"chains\": [ { \"chain\": \"1\", \"debt\": 5, \"cash\": 7, \"valueCap\": 9 } ], \"collaterals\": [ " + Weth + " ] }").Chains);

        Assert.Equal((1, 5, 7, 9), (chain.Collaterals.Count, chain.Debt, chain.Cash, chain.ValueCap));
    }

    private LinkedAccounts Read(string text) => JsonInput.Read(_folder.Write("accounts.json", text), root => LinkedAccountsFile.Read(root).Accounts);
}
