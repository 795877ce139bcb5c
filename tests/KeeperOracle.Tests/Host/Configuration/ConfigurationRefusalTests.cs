using KeeperOracle.Host.Configuration;

namespace KeeperOracle.Tests.Host.Configuration;

/// <summary>
/// One spoilt value at a time: each row is a path, what stands there instead (nothing = removed), the key that must be blamed,
/// and a piece of the fix. Exactly one problem must come of it.
/// </summary>
public sealed class ConfigurationRefusalTests : ConfigurationFixture
{
    private const string Chain = "Chains:31337";
    private const string Anvil0 = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

    public static TheoryData<string, string?, string, string> Rows() => new()
    {
        // Unknown keys, wrong shapes
        { "Mod", "1", "Mod", "\"Mode\"" },
        { "Chain", "{\"x\":1}", "Chain", "\"Chains\"" },
        { $"{Chain}:PollMiliseconds", "500", $"{Chain}:PollMiliseconds", "\"PollMilliseconds\"" },
        { $"{Chain}:Oracle", "1", $"{Chain}:Oracle", "\"OracleHub\"" },
        { $"{Chain}:Rpc:0:Uri", "\"http://x\"", $"{Chain}:Rpc:0:Uri", "\"Url\"" },
        { "Quorum:Treshold", "3", "Quorum:Treshold", "\"Threshold\"" },
        { "Keeper:DeviationBasisPoints", "5", "Keeper:DeviationBasisPoints", "\"DeviationBps\"" },
        { "Oracle:lamda", "0.9", "Oracle:lamda", "\"Lambda\"" },
        { "Oracle:Assets:WETH:Volume", "1", "Oracle:Assets:WETH:Volume", "\"DailyVolume\"" },
        { "Mode", "[\"active\"]", "Mode", "one value" },
        { "Keeper:DeviationBps", "{\"a\":1}", "Keeper:DeviationBps", "one value" },
        { "Keeper:DeviationBps", "null", "Keeper:DeviationBps", "take the key out" },
        { "Oracle:Assets", "5", "Oracle:Assets", "{ … }" },
        { "Keeper:OracleNodes", "\"http://x\"", "Keeper:OracleNodes", "[ … ]" },
        { "Keeper:OracleNodes", "{\"first\":{\"Name\":\"a\"}}", "Keeper:OracleNodes:first", "[ … ]" },

        // Secrets
        { "Keys:sender:Password", "\"hunter2\"", "Keys:sender:Password", "Put it in a file and name it in PasswordFile" },
        { "Keys:sender:Passphrase", "\"hunter2\"", "Keys:sender:Passphrase", "name it in PasswordFile" },
        { "Keys:sender:PrivateKey", "\"0x12\"", "Keys:sender:PrivateKey", "name it in KeystoreFile" },
        { "Keys:sender:private_key", "\"0x12\"", "Keys:sender:private_key", "name it in KeystoreFile" },
        { "Mnemonic", "\"test test\"", "Mnemonic", "name it in KeystoreFile" },
        { $"{Chain}:Rpc:0:ApiKey", "\"x\"", $"{Chain}:Rpc:0:ApiKey", "in a keystore file" },

        // Mode and files
        { "Mode", "\"Activ\"", "Mode", "\"active\"" },
        { "Mode", "\"0\"", "Mode", "\"observe\" or \"shadow\" or \"active\"" },
        { "JournalFile", null, "JournalFile", "survives a restart" },
        { "JournalFile", $"\"{new string('1', 64)}\"", "JournalFile", "path of a file" },
        { "JournalFile", "\"\"", "JournalFile", "path of a file" },

        // Chains
        { "Chains", null, "Chains", "decimal chain id" },
        { "Chains:0x7a69", "{}", "Chains:0x7a69", "in digits" },
        { "Chains:0", "{}", "Chains:0", "in digits" },
        { "Chains:01", "{}", "Chains:01", "in digits" },
        { "Chains:9223372036854775772", "{}", "Chains:9223372036854775772", "in digits" },
        { $"{Chain}:Name", "\" x\"", $"{Chain}:Name", "a name of 1 to 64" },
        { $"{Chain}:Rpc", null, $"{Chain}:Rpc", "1 to 9 nodes" },
        { $"{Chain}:Rpc", "[]", $"{Chain}:Rpc", "1 to 9 nodes" },
        { $"{Chain}:Rpc:0:Url", null, $"{Chain}:Rpc:0:Url", "http or https URL" },
        { $"{Chain}:Rpc:0:Name", null, $"{Chain}:Rpc:0:Name", "a name of 1 to 64" },
        { $"{Chain}:ReadQuorum", "1", $"{Chain}:ReadQuorum", "Set it to 2, or name more nodes" },
        { $"{Chain}:ReadQuorum", "3", $"{Chain}:ReadQuorum", "Set it to 2, or name more nodes" },
        { $"{Chain}:ReadQuorum", "-1", $"{Chain}:ReadQuorum", "from 0 to 9" },
        { $"{Chain}:ReadQuorum", "10", $"{Chain}:ReadQuorum", "from 0 to 9" },
        { $"{Chain}:MaxLagBlocks", "-1", $"{Chain}:MaxLagBlocks", "from 0 to 1000" },
        { $"{Chain}:FinalityDepth", "-1", $"{Chain}:FinalityDepth", "from 0 to 100000" },
        { $"{Chain}:LiarQuarantineSeconds", "-1", $"{Chain}:LiarQuarantineSeconds", "from 0 to 31536000" },
        { $"{Chain}:Rpc:1:Name", "\"A\"", $"{Chain}:Rpc:1:Name", "its own name" },
        { $"{Chain}:Rpc:1:Url", "\"http://127.0.0.1:8545/v2/SECRET-API-KEY\"", $"{Chain}:Rpc:1:Url", "another node" },
        { $"{Chain}:Rpc:1:Url", "\"ws://127.0.0.1:8545\"", $"{Chain}:Rpc:1:Url", "http or https" },
        { $"{Chain}:Rpc:1:Url", "\"127.0.0.1:8545\"", $"{Chain}:Rpc:1:Url", "http or https" },
        { $"{Chain}:Rpc:1:Url", "\"https://me:hunter2@node\"", $"{Chain}:Rpc:1:Url", "without user name" },
        { $"{Chain}:Rpc:0:WebSocketUrl", "\"http://127.0.0.1:8545\"", $"{Chain}:Rpc:0:WebSocketUrl", "ws or wss URL" },
        { $"{Chain}:Rpc:0:WebSocketUrl", "\"127.0.0.1:8545\"", $"{Chain}:Rpc:0:WebSocketUrl", "ws or wss URL" },
        { $"{Chain}:Rpc:0:WebSocketUrl", "\"wss://me:hunter2@node\"", $"{Chain}:Rpc:0:WebSocketUrl", "without user name" },
        { "Keeper:OracleNodes:0:WebSocketUrl", "\"ws://127.0.0.1:8545\"", "Keeper:OracleNodes:0:WebSocketUrl", "\"Url\"" },
        { $"{Chain}:OracleHub", null, $"{Chain}:OracleHub", "EIP-55" },
        { $"{Chain}:Multicall3", null, $"{Chain}:Multicall3", "EIP-55" },
        { $"{Chain}:OracleHub", "\"0x5FbDB2315678afecb367f032d93F642f64180aa4\"", $"{Chain}:OracleHub", "If the digits are right, write 0x" },
        { $"{Chain}:OracleHub", "\"0x5fbdb2315678afecb367f032d93f642f64180aa3\"", $"{Chain}:OracleHub", "write 0x5FbDB2315678afecb367f032d93F642f64180aa3" },
        { $"{Chain}:OracleHub", "\"0x5FbDB2315678afecb367f032d93F642f64180a\"", $"{Chain}:OracleHub", "40 digits" },
        { $"{Chain}:OracleHub", "\"5FbDB2315678afecb367f032d93F642f64180aa3\"", $"{Chain}:OracleHub", "40 digits" },
        { $"{Chain}:RiskOracle", "\"0x0000000000000000000000000000000000000000\"", $"{Chain}:RiskOracle", "EIP-55" },
        { $"{Chain}:MarginVault", "\"0x5FbDB2315678afecb367f032d93F642f64180aa3\"", $"{Chain}:MarginVault", "own contract" },
        { $"{Chain}:MarginVault", $"\"0x{new string('1', 64)}\"", $"{Chain}:MarginVault", "stolen" },
        { $"{Chain}:PollMilliseconds", "49", $"{Chain}:PollMilliseconds", "from 50 to 60000" },
        { $"{Chain}:PollMilliseconds", "60001", $"{Chain}:PollMilliseconds", "from 50 to 60000" },
        { $"{Chain}:PollMilliseconds", "\"500ms\"", $"{Chain}:PollMilliseconds", "a whole number" },
        { $"{Chain}:PollMilliseconds", "500.5", $"{Chain}:PollMilliseconds", "a whole number" },
        { $"{Chain}:PollMilliseconds", "99999999999", $"{Chain}:PollMilliseconds", "a whole number" },
        { $"{Chain}:PollMilliseconds", "true", $"{Chain}:PollMilliseconds", "a whole number" },
        { $"{Chain}:Confirmations", "-1", $"{Chain}:Confirmations", "from 0 to 1000" },
        { $"{Chain}:Confirmations", "1001", $"{Chain}:Confirmations", "from 0 to 1000" },
        { $"{Chain}:MaxFeePerGasGwei", "0", $"{Chain}:MaxFeePerGasGwei", "over 0 and at most 1000000" },
        { $"{Chain}:MaxFeePerGasGwei", "0.5", $"{Chain}:MaxPriorityFeePerGasGwei", "0.5 or less" },
        { $"{Chain}:MaxFeePerGasGwei", "200.0000000001", $"{Chain}:MaxFeePerGasGwei", "at most 9 decimals" },
        { $"{Chain}:MaxPriorityFeePerGasGwei", "201", $"{Chain}:MaxPriorityFeePerGasGwei", "200 or less" },
        { $"{Chain}:MaxPriorityFeePerGasGwei", "-1", $"{Chain}:MaxPriorityFeePerGasGwei", "from 0" },
        { $"{Chain}:MaxInFlight", "0", $"{Chain}:MaxInFlight", "from 1 to 1024" },
        { $"{Chain}:MaxInFlight", "1025", $"{Chain}:MaxInFlight", "from 1 to 1024" },
        { $"{Chain}:BumpAfterBlocks", "0", $"{Chain}:BumpAfterBlocks", "from 1 to 1000" },
        { $"{Chain}:BumpPercent", "9", $"{Chain}:BumpPercent", "from 10 to 100" },
        { $"{Chain}:BumpPercent", "101", $"{Chain}:BumpPercent", "from 10 to 100" },
        { $"{Chain}:ResendSeconds", "0", $"{Chain}:ResendSeconds", "from 1 to 3600" },
        { $"{Chain}:MissingSeconds", "3601", $"{Chain}:MissingSeconds", "from 1 to 3600" },
        { $"{Chain}:NativeAsset", "\"\"", $"{Chain}:NativeAsset", "a name of 1 to 64" },
        { $"{Chain}:NativeAsset", "\"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293Bc\"", $"{Chain}:NativeAsset", "symbol of a collateral" },
        { $"{Chain}:DataFee", "\"opstak\"", $"{Chain}:DataFee", "\"opStack\"" },
        { $"{Chain}:ReserveGas", "-1", $"{Chain}:ReserveGas", "from 0 to 100000000" },
        { $"{Chain}:HourlyGas", "999999", $"{Chain}:HourlyGas", "from 1000000 to 2000000000" },
        { $"{Chain}:SnapshotMaxAgeSeconds", "-120", $"{Chain}:SnapshotMaxAgeSeconds", "from 1 to 86400" },
        { $"{Chain}:SnapshotMaxAgeSeconds", "0", $"{Chain}:SnapshotMaxAgeSeconds", "from 1 to 86400" },

        // Quorum
        { "Quorum:Threshold", "1", "Quorum:Threshold", "Set it to 3 or more (n = 4 signers, f = 1)." },
        { "Quorum:Threshold", "2", "Quorum:Threshold", "Set it to 3 or more" },
        { "Quorum:Threshold", "5", "Quorum:Threshold", "Set it to 3 to 4" },
        { "Quorum:Threshold", "0", "Quorum:Threshold", "from 1 to 31" },
        { "Quorum:TightenThreshold", "1", "Quorum:TightenThreshold", "Set it to 2 or more (n = 4 signers, f = 1)." },
        { "Quorum:TightenThreshold", "5", "Quorum:TightenThreshold", "Set it to 2 to 4" },
        { "Quorum:Signers", null, "Quorum:Signers", "at least 4" },
        { "Quorum:Signers", "[]", "Quorum:Signers", "at least 4" },
        { "Quorum:Signers:3", null, "Quorum:Signers", "at least 4" },
        { "Quorum:Signers:3", $"\"{Anvil0}\"", "Quorum:Signers:3", "each signer once" },
        { "Quorum:Signers:2", "\"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293Bc\"", "Quorum:Signers:2", "write 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC" },
        { "Quorum:Signers:2", "\"vitalik.eth\"", "Quorum:Signers:2", "40 digits" },

        // Keys
        { "Keys:sender:Role", null, "Keys:sender:Role", "\"keeper\" (sends transactions) or \"oracle\" (signs reports)" },
        { "Keys:sender:Role", "\"kepper\"", "Keys:sender:Role", "\"keeper\"" },
        { "Keys:sender:Role", "\"oracle\"", "Keeper:Key", "Role keeper" },
        { "Keys:reporter:Role", "\"keeper\"", "Oracle:Key", "Role oracle" },
        { "Keys:sender:KeystoreFile", null, "Keys:sender:KeystoreFile", "path of a file" },
        { "Keys:sender:KeystoreFile", "\"missing.json\"", "Keys:sender:KeystoreFile", "that exists" },
        { "Keys:sender:KeystoreFile", "\"reporter.json\"", "Keys:reporter:KeystoreFile", "for each key" },
        { "Keys:sender:PasswordFile", null, "Keys:sender:PasswordFile", "path of a file" },
        { "Keys:sender:PasswordFile", "\"missing\"", "Keys:sender:PasswordFile", "only this user" },
        { "Keys:sender:PasswordFile", "\"fd:1\"", "Keys:sender:PasswordFile", "fd:N" },
        { "Keys:sender:PasswordFile", "\"credential:none\"", "Keys:sender:PasswordFile", "credential:NAME" },
        { "Keys:sender:Signer", "\"unix:signer.sock\"", "Keys:sender:Signer", "unix:/path" },
        { "Keys:sender:Signer", "\"http://10.0.0.1:8560\"", "Keys:sender:Signer", "http URL of loopback" },
        { "Keys:sender:Signer", "\"https://me:hunter2@signer\"", "Keys:sender:Signer", "https URL" },
        { "Keys:sender:Signer", "\"unix:/run/s.sock\"", "Keys:sender:KeystoreFile", "Take KeystoreFile or Signer out" },
        { "Keys:sender", "{\"Role\":\"keeper\",\"Signer\":\"unix:/run/s.sock\"}", "Keys:sender:Address", "EIP-55" },
        {
            "Keys:sender",
            $"{{\"Role\":\"keeper\",\"Signer\":\"unix:/run/s.sock\",\"Address\":\"{Anvil0}\",\"TokenFile\":\"missing\"}}",
            "Keys:sender:TokenFile",
            "only this user"
        },
        { "Keys:a b", "{\"Role\":\"keeper\"}", "Keys:a b", "letters, digits" },

        // Keeper
        { "Keeper:Key", null, "Keeper:Key", "Role keeper" },
        { "Keeper:Key", "\"sendr\"", "Keeper:Key", "\"sender\"" },
        { "Keeper:ReportKey", "\"sendr\"", "Keeper:ReportKey", "\"sender\"" },
        { "Keeper:ReportKey", "\"reporter\"", "Keeper:ReportKey", "Role keeper" },
        { "Keeper:ReportKey", "\"SENDER\"", "Keeper:ReportKey", "Name another key" },
        { "Keeper:ReportWorth", "0", "Keeper:ReportWorth", "over 0" },
        { "Keeper:FundingWorth", "1e-19", "Keeper:FundingWorth", "at most 18 decimals" },
        { "Keeper:ClosingWorth", "-1", "Keeper:ClosingWorth", "from 0 to" },
        { "Keeper:TopUpWorth", "-1", "Keeper:TopUpWorth", "from 0 to" },
        { "Keeper:SwapWorth", "-1", "Keeper:SwapWorth", "from 0 to" },
        { "Keeper:SettlementWorth", "-1", "Keeper:SettlementWorth", "from 0 to" },
        { "Keeper:AlertHealth", "0.99", "Keeper:AlertHealth", "from 1 to 10" },
        { "Keeper:MaxLiquidatableByReportBps", "10001", "Keeper:MaxLiquidatableByReportBps", "from 0 to 10000" },
        { "Keeper:OracleNodes:0:Url", "\"ftp://x\"", "Keeper:OracleNodes:0:Url", "http or https" },
        { "Keeper:DeviationBps", "0", "Keeper:DeviationBps", "from 1 to 10000" },
        { "Keeper:DeviationBps", "10001", "Keeper:DeviationBps", "from 1 to 10000" },
        { "Keeper:ReportHeartbeatSeconds", "59", "Keeper:ReportHeartbeatSeconds", "from 60" },
        { "Keeper:MinimumBonusValue", "-1", "Keeper:MinimumBonusValue", "from 0" },
        { "Keeper:MinimumBonusValue", "1e-19", "Keeper:MinimumBonusValue", "at most 18 decimals" },
        { "Keeper:SeizureToleranceBps", "10001", "Keeper:SeizureToleranceBps", "from 0 to 10000" },
        { "Keeper:SeizureDiscountBps", "10001", "Keeper:SeizureDiscountBps", "from 0 to 10000" },
        { "Keeper:BreakerWorth", "-1", "Keeper:BreakerWorth", "from 0" },
        { "Keeper:HedgeHealth", "0.9", "Keeper:HedgeHealth", "from 1 to" },
        { "Keeper:HedgeEverySeconds", "59", "Keeper:HedgeEverySeconds", "from 60" },
        { "Keeper:HedgeToleranceBps", "0", "Keeper:HedgeToleranceBps", "from 1 to 10000" },
        { "Keeper:HedgeCostBps", "5001", "Keeper:HedgeCostBps", "from 0 to 5000" },
        { "Keeper:QuarantineAfterFailures", "0", "Keeper:QuarantineAfterFailures", "from 1 to 100" },
        { "Keeper:QuarantineSeconds", "0", "Keeper:QuarantineSeconds", "from 1" },
        { "Keeper:LiquidationDeadlineSeconds", "3601", "Keeper:LiquidationDeadlineSeconds", "to 3600" },
        { "Keeper:MaxAccounts", "0", "Keeper:MaxAccounts", "from 1 to 1000000" },
        { "Keeper:LeaseSeconds", "0", "Keeper:LeaseSeconds", "from 1 to 3600" },
        { "Keeper:DoppelgangerSeconds", "3601", "Keeper:DoppelgangerSeconds", "from 0 to 3600" },
        { "Keeper:FactorToleranceRelative", "0", "Keeper:FactorToleranceRelative", "over 0 and at most 0.01" },
        { "Keeper:FactorToleranceRelative", "\"NaN\"", "Keeper:FactorToleranceRelative", "a number" },

        // Oracle
        { "Oracle:ListenUrl", "\"http://0.0.0.0:8550\"", "Oracle:ListenUrl", "loopback" },
        { "Oracle:ListenUrl", "\"http://example.com:8550\"", "Oracle:ListenUrl", "loopback" },
        { "Oracle:ListenUrl", "\"https://127.0.0.1:8550\"", "Oracle:ListenUrl", "http://127.0.0.1:8550" },
        { "Oracle:ListenUrl", "\"http://127.0.0.1\"", "Oracle:ListenUrl", "with a port" },
        { "Oracle:ListenUrl", "\"http://127.0.0.1:8550/sign\"", "Oracle:ListenUrl", "loopback URL" },
        { "Oracle:SampleSeconds", "0", "Oracle:SampleSeconds", "from 1" },
        { "Oracle:Lambda", "0", "Oracle:Lambda", "over 0 and under 1" },
        { "Oracle:Lambda", "1", "Oracle:Lambda", "over 0 and under 1" },
        { "Oracle:Lambda", "\"Infinity\"", "Oracle:Lambda", "over 0 and under 1" },
        { "Oracle:StressWeight", "0.2499", "Oracle:StressWeight", "from 0.25 and under 1" },
        { "Oracle:StressWeight", "1", "Oracle:StressWeight", "from 0.25 and under 1" },
        { "Oracle:HistorySamples", "23", "Oracle:HistorySamples", "from 24 to 100000" },
        { "Oracle:ValidSeconds", "59", "Oracle:ValidSeconds", "from 60" },
        { "Oracle:SurfaceFile", "\"surface.json\"", "Oracle:SurfacePublisher", "the key that signs the surface" },
        { "Oracle:SurfacePublisher", $"\"{Anvil0}\"", "Oracle:SurfaceFile", "take SurfacePublisher out" },
        { "Oracle:SurfaceMaxAgeSeconds", "0", "Oracle:SurfaceMaxAgeSeconds", "from 1 to 604800" },
        { "Oracle:BacktestReport", "\"missing.json\"", "Oracle:BacktestReport", "vol backtest --report" },
        { "Oracle:Assets:WETH:SwapPool", "\"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293Bc\"", "Oracle:Assets:WETH:SwapPool", "write 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC" },
        { "Oracle:Assets:WETH:StressVolatility", "0", "Oracle:Assets:WETH:StressVolatility", "over 0 and at most 20" },
        { "Oracle:Assets:WETH:StressVolatility", null, "Oracle:Assets:WETH:StressVolatility", "over 0" },
        { "Oracle:Assets:WETH:SellSize", "-5", "Oracle:Assets:WETH:SellSize", "over 0" },
        { "Oracle:Assets:WETH:DailyVolume", null, "Oracle:Assets:WETH:DailyVolume", "over 0" },
        { "Oracle:Assets:W ETH", "{}", "Oracle:Assets:W ETH", "letters, digits" },
    };

    [Fact]
    public void F54_SpoiltConfigurations_AreAHundredAtLeast() => Assert.True(Rows().Count >= 100);

    [Theory]
    [MemberData(nameof(Rows))]
    public void F54_Load_OneSpoiltValue_BlamesTheKeyAndSaysTheFix(string path, string? json, string blamed, string fix)
    {
        var result = Load(Mutate(path, json));

        var problem = Assert.Single(result.Problems);
        Assert.Equal($"KeeperOracle:{blamed}", problem.KeyPath);
        Assert.Contains(fix, problem.Fix, StringComparison.Ordinal);
        Assert.Null(result.Options);
        Assert.False(result.IsValid);
        Assert.EndsWith(".", problem.Fix, StringComparison.Ordinal);
        Assert.DoesNotContain("..", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET-API-KEY", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(new string('1', 64), problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Oracle:Key", "Oracle:Key", "Role oracle")]
    [InlineData("Oracle:RecordFile", "Oracle:RecordFile", "each node has its own")]
    [InlineData("Oracle:Assets", "Oracle:Assets", "under its symbol")]
    [InlineData("Chains", "Chains", "decimal chain id")]
    public void Load_OracleWithoutWhatItNeeds_Refused(string path, string blamed, string fix)
    {
        var problem = Assert.Single(Load(Mutate(path, null), ConfigurationUse.Oracle).Problems);

        Assert.Equal($"KeeperOracle:{blamed}", problem.KeyPath);
        Assert.Contains(fix, problem.Fix, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ConfigurationUse.ReadOnly, 0)]
    [InlineData(ConfigurationUse.Keeper, 3)]
    [InlineData(ConfigurationUse.Oracle, 4)]
    public void Load_NothingAtAll_OnlyLookingIsAccepted(ConfigurationUse use, int problems) =>
        Assert.Equal(problems, ConfigurationLoader.Load([], null, use).Problems.Count);

    [Fact]
    public void Load_ManyThingsWrong_AllAtOnce()
    {
        var json = Valid.Replace("\"active\"", "\"on\"", StringComparison.Ordinal)
            .Replace("\"anvil\"", "\"anvil\", \"PollMilliseconds\": 1", StringComparison.Ordinal)
            .Replace("\"Quorum\": {", "\"Quorum\": { \"Threshold\": 1,", StringComparison.Ordinal)
            .Replace("sender.json", "nowhere.json", StringComparison.Ordinal)
            .Replace("\"OracleHub\"", "\"OracelHub\"", StringComparison.Ordinal);

        var blamed = Load(json).Problems.Select(problem => problem.KeyPath).Order(StringComparer.Ordinal);

        Assert.Equal(
            [
                "KeeperOracle:Chains:31337:OracelHub", "KeeperOracle:Chains:31337:OracleHub", "KeeperOracle:Chains:31337:PollMilliseconds",
                "KeeperOracle:Keys:sender:KeystoreFile", "KeeperOracle:Mode", "KeeperOracle:Quorum:Threshold",
            ],
            blamed);
    }

    [Fact]
    public void Problem_AsText_ReadsLikeAPersonWroteIt() => Assert.Equal(
        "KeeperOracle:Quorum:Threshold = 1: one stolen key would publish alone. Set it to 3 or more (n = 4 signers, f = 1).",
        Assert.Single(Load(Mutate("Quorum:Threshold", "1")).Problems).ToString());

    [Theory]
    [InlineData(4, 2, 3)]
    [InlineData(5, 2, 4)]
    [InlineData(6, 2, 4)]
    [InlineData(7, 3, 5)]
    public void Load_ThresholdsForEachSetSize_AcceptedAtTheBoundAndRefusedUnderIt(int n, int tighten, int threshold)
    {
        string[] more = ["0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65", "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc", "0x976EA74026E726554dB657fA54763abd0C3a0aa9"];
        string Json(int t, int h) => Valid.Replace(
            "\"0x90F79bf6EB2c4f870365E785982E1f101E93b906\"\n      ]",
            "\"0x90F79bf6EB2c4f870365E785982E1f101E93b906\"" + string.Concat(more.Take(n - 4).Select(signer => $", \"{signer}\"")) + $"], \"TightenThreshold\": {t}, \"Threshold\": {h}",
            StringComparison.Ordinal);

        Assert.Equal(n, Options(Load(Json(tighten, threshold))).Quorum.Signers.Count);
        Assert.Equal(n, Options(Load(Json(n, n))).Quorum.Threshold);
        Assert.Equal("KeeperOracle:Quorum:TightenThreshold", Assert.Single(Load(Json(tighten - 1, threshold)).Problems).KeyPath);
        Assert.Equal("KeeperOracle:Quorum:Threshold", Assert.Single(Load(Json(tighten, threshold - 1)).Problems).KeyPath);
    }

    [Theory]
    [InlineData("{ \"KeeperOracl\": { \"Mode\": \"active\" } }", "KeeperOracl", "\"KeeperOracle\"")]
    [InlineData("{ \"KeeperOracle\": { \"Mode\": \"observe\", \"Mode\": \"active\" } }", "config.json", "Mend it")]
    [InlineData("{ \"KeeperOracle\": ", "config.json", "Mend it")]
    [InlineData("[]", "config.json", "Mend it")]
    public void Load_FileItselfWrong_BlamesIt(string json, string blamed, string fix)
    {
        var problem = Assert.Single(Load(json, ConfigurationUse.ReadOnly).Problems);

        Assert.EndsWith(blamed, problem.KeyPath, StringComparison.Ordinal);
        Assert.Contains(fix, problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileMissingOrTooLargeOrTooMany_Refused()
    {
        var large = Write($"{{ \"KeeperOracle\": {{ }} }}{new string(' ', 1024 * 1024)}");

        Assert.Contains("cannot be read", Assert.Single(ConfigurationLoader.Load([Path.Combine(Folder, "absent.json")], null).Problems).Problem, StringComparison.Ordinal);
        Assert.Contains("larger", Assert.Single(ConfigurationLoader.Load([large], null).Problems).Problem, StringComparison.Ordinal);
        var small = Write("{ \"KeeperOracle\": { } }");
        Assert.Empty(ConfigurationLoader.Load([.. Enumerable.Repeat(small, 16)], null).Problems);
        Assert.Contains("too many", Assert.Single(ConfigurationLoader.Load([.. Enumerable.Repeat(small, 17)], null).Problems).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    [InlineData(9, 5)]
    public void F54_ReadQuorumForEachNumberOfNodes_AcceptedFromTheMajorityToAllAndRefusedOutside(int nodes, int majority)
    {
        string Json(int quorum) => Mutate("Chains:31337:Rpc", $"[{string.Join(",", Enumerable.Range(0, nodes).Select(i => $"{{\"Name\":\"n{i}\",\"Url\":\"http://127.0.0.1:{9000 + i}\"}}"))}]")
            .Replace("\"Multicall3\"", $"\"ReadQuorum\":{quorum},\"Multicall3\"", StringComparison.Ordinal);

        Assert.Equal(majority, Options(Load(Json(0))).Chains[0].RequiredNodes);
        Assert.Equal(majority, Options(Load(Json(majority))).Chains[0].RequiredNodes);
        Assert.Equal(nodes, Options(Load(Json(nodes))).Chains[0].RequiredNodes);
        foreach (var refused in new[] { majority - 1, nodes + 1 }.Where(quorum => quorum is > 0 and < 10))
        {
            Assert.Equal("KeeperOracle:Chains:31337:ReadQuorum", Assert.Single(Load(Json(refused)).Problems).KeyPath);
        }
    }

    [Fact]
    public void Load_TenNodes_TooMany()
    {
        var nodes = string.Join(",", Enumerable.Range(0, 10).Select(i => $"{{\"Name\":\"n{i}\",\"Url\":\"http://127.0.0.1:{9000 + i}\"}}"));

        Assert.Equal("List at most 9.", Assert.Single(Load(Mutate("Chains:31337:Rpc", $"[{nodes}]")).Problems).Fix);
    }
}
