using System.Numerics;
using KeeperOracle.Host.Sending;
using KeeperOracle.Tests.Host.Configuration;

namespace KeeperOracle.Tests.Host.Sending;

public sealed class SendingLimitsTests : ConfigurationFixture
{
    [Fact]
    public void Of_EveryKeyOfTheChain_IsALimitOfItsSending()
    {
        var chain = Options(Load(Mutate("Chains:31337", """
            {
              "Rpc": [ { "Name": "one", "Url": "http://127.0.0.1:1" } ],
              "Multicall3": "0xcA11bde05977b3631167028862bE2a173976CA11", "OracleHub": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
              "AttestationVerifier": "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512", "RiskOracle": "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
              "MarginVault": "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9",
              "Confirmations": 1, "MaxFeePerGasGwei": 3, "MaxPriorityFeePerGasGwei": 2,
              "MaxInFlight": 4, "BumpAfterBlocks": 5, "BumpPercent": 16, "ResendSeconds": 7, "MissingSeconds": 8, "HourlyGas": 9000000
            }
            """))).Chains[0];
        var limits = SendingLimits.Of(chain);

        Assert.Equal((4, 5UL, 16, 7UL, 8UL, 1UL), (limits.Window, limits.BumpAfterBlocks, limits.BumpPercent, limits.ResendAfterSeconds, limits.MissingAfterSeconds, limits.Confirmations));
        Assert.Equal(BigInteger.Pow(10, 9) * 3 * 9_000_000, limits.HourlyBudget);
    }
}
