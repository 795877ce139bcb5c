using System.Globalization;

namespace KeeperOracle.Host.Configuration;

public enum KeyKind
{
    Choice,
    Text,
    FilePath,
    Url,

    /// <summary>A WebSocket.</summary>
    SocketUrl,
    ListenUrl,

    /// <summary>Where a signer listens: unix:/path, or a URL.</summary>
    SignerUrl,

    /// <summary>A file with a secret, an open file descriptor, or a systemd credential.</summary>
    SecretFile,
    Address,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>A decimal number held exactly.</summary>
    Exact,

    /// <summary>A number held as a double.</summary>
    Real,
}

/// <summary>One key: where it stands, what it takes, and whether its entry must have it.</summary>
/// <param name="Pattern">Path under "KeeperOracle"; "*" is any name in a map, "#" any position in a list.</param>
/// <param name="Doc">What it means, with the unit.</param>
public sealed record ConfigurationKey(string Pattern, KeyKind Kind, string Doc)
{
    public IReadOnlyList<string> Choices { get; init; } = [];

    public decimal Minimum { get; init; } = decimal.MinValue;

    public decimal Maximum { get; init; } = decimal.MaxValue;

    /// <summary>The minimum itself is refused.</summary>
    public bool AboveMinimum { get; init; }

    /// <summary>The maximum itself is refused.</summary>
    public bool BelowMaximum { get; init; }

    /// <summary>Of an exact number.</summary>
    public int MaximumDecimals { get; init; }

    /// <summary>Why the entry it stands in cannot do without it; null where it can.</summary>
    public string? WhyRequired { get; init; }

    /// <summary>What the key takes, as the end of "Set it to …".</summary>
    public string Expectation { get; init; } = "";

    /// <summary>"from 50 to 60000", "over 0 and under 1".</summary>
    public string Range
    {
        get
        {
            var low = AboveMinimum ? "over" : "from";
            var high = BelowMaximum ? "and under" : AboveMinimum ? "and at most" : "to";
            return string.Create(CultureInfo.InvariantCulture, $"{low} {Minimum} {high} {Maximum}");
        }
    }
}

/// <summary>
/// Every key there is, once: reading, refusing, the JSON schema and the tests all go by this list. Defaults stand in defaults.jsonc.
/// </summary>
public static class KeyTable
{
    public const string Section = "KeeperOracle";

    /// <summary>The most entries of each list and map, and the fewest of a list once it is given.</summary>
    public static IReadOnlyDictionary<string, (int Minimum, int Maximum)> Sizes { get; } =
        new Dictionary<string, (int, int)>(StringComparer.OrdinalIgnoreCase)
        {
            ["Chains"] = (0, 64),
            ["Chains:*:Rpc"] = (1, 9),
            ["Quorum:Signers"] = (4, 31),
            ["Keys"] = (0, 64),
            ["Keeper:OracleNodes"] = (0, 31),
            ["Oracle:Headers"] = (0, 64),
            ["Relay:OracleNodes"] = (0, 31),
            ["Relay:Links"] = (0, 32),
            ["Oracle:Assets"] = (0, 256),
        };

    public static IReadOnlyList<ConfigurationKey> Keys { get; } =
    [
        Choice(
            "Mode", "observe reads and reports, shadow also records what it would have sent, active sends", "observe", "shadow", "active"),
        File("JournalFile", "SQLite file of intents, attempts and decisions"),

        Text("Chains:*:Name", "What people read; empty means the chain id"),
        Text("Chains:*:Rpc:#:Name", "Name of the node in logs and metrics") with { WhyRequired = "evidence against a lying node needs a name to go by" },
        Url("Chains:*:Rpc:#:Url", "JSON-RPC over http or https") with { WhyRequired = "a node without a URL cannot be read" },
        new("Chains:*:Rpc:#:WebSocketUrl", KeyKind.SocketUrl, "Where the node tells of new heads, over ws or wss; without it heads come by polling alone"),
        Whole("Chains:*:ReadQuorum", "How many of all nodes in Rpc must give the same answer before it counts; 0 takes the smallest majority of them", 0, 9),
        Whole("Chains:*:MaxLagBlocks", "A node more blocks than this behind the agreed head has no vote", 0, 1_000),
        Whole("Chains:*:FinalityDepth", "Blocks under the head that count as safe and final, where nodes have no such tags; 0 goes by the tags", 0, 100_000),
        Whole("Chains:*:LiarQuarantineSeconds", "How long a node that was caught lying has no vote, in seconds; 0 is until the next start", 0, 31_536_000),
        Contract("Multicall3"),
        Contract("OracleHub"),
        Contract("AttestationVerifier"),
        Contract("RiskOracle"),
        Contract("MarginVault"),
        Address("Chains:*:CollateralVault", "Address of CollateralVault on this chain; links that lock collateral here need it"),
        Address("Chains:*:MarginHub", "Address of MarginHub on this chain; links that count liens here need it"),
        Address("Chains:*:AttestedHeaders", "Address of AttestedHeaders on this chain; whoever attests or carries headers to it needs it"),
        Whole("Chains:*:PollMilliseconds", "How often a node is asked for its head, in milliseconds", 50, 60_000),
        Whole("Chains:*:Confirmations", "Blocks on top of ours before a transaction counts as settled", 0, 1_000),
        Exact("Chains:*:MaxFeePerGasGwei", "The most paid per gas, in gwei", 1_000_000, 9) with { AboveMinimum = true },
        Exact("Chains:*:MaxPriorityFeePerGasGwei", "The part of it for the proposer, in gwei", 1_000_000, 9),
        Whole("Chains:*:MaxInFlight", "Transactions of one key that may wait for a block at the same time", 1, 1_024),
        Whole("Chains:*:BumpAfterBlocks", "Blocks that pass a transaction by before its fees are raised", 1, 1_000),
        Whole("Chains:*:BumpPercent", "By how much both fees are raised at least; nodes refuse less than 10", 10, 100),
        Whole("Chains:*:ResendSeconds", "After how long bytes that a node does not know are sent again, in seconds", 1, 3_600),
        Whole("Chains:*:MissingSeconds", "How long a used nonce may be without a receipt before it counts as used by somebody else, in seconds", 1, 3_600),
        Whole("Chains:*:ReserveGas", "Gas that a key keeps the means for, at the fee of the moment: only reports and approvals may use them up", 0, 100_000_000),
        Whole("Chains:*:HourlyGas", "Gas that one cause may be bid for in an hour, at MaxFeePerGasGwei", 1_000_000, 2_000_000_000),
        Text("Chains:*:NativeAsset", "Symbol or address of the collateral whose price is that of the chain's own coin, which gas is paid in; not set: MaxFeePerGasGwei alone bounds what a transaction may cost"),
        Choice("Chains:*:DataFee", "What the chain takes beside gas: none, or opStack for the data fee of OP-stack chains; chains that put it into the gas estimate, as Arbitrum does, are none", "none", "opStack"),
        Whole("Chains:*:SnapshotMaxAgeSeconds", "Longest a snapshot may wait between being read and being decided on, in seconds of the host", 1, 86_400),

        Address("Quorum:Signers:#", "A signer of reports"),
        Whole("Quorum:TightenThreshold", "Signatures that may make limits stricter", 1, 31),
        Whole("Quorum:Threshold", "Signatures for any other change", 1, 31),

        Choice("Keys:*:Role", "keeper sends transactions, oracle signs reports", "keeper", "oracle") with
        {
            WhyRequired = "a key without a role could be used to sign anything",
            Expectation = "\"keeper\" (sends transactions) or \"oracle\" (signs reports)",
        },
        File("Keys:*:KeystoreFile", "Keystore V3 of the key; or Signer instead"),
        new("Keys:*:PasswordFile", KeyKind.SecretFile, "The keystore's password: a file, fd:N, or credential:NAME"),
        new("Keys:*:Signer", KeyKind.SignerUrl, "Process that holds the key instead of a keystore: unix:/path of its socket, or its URL"),
        Address("Keys:*:Address", "Of the key that the signer holds"),
        new("Keys:*:TokenFile", KeyKind.SecretFile, "Bearer token for the signer: a file, fd:N, or credential:NAME"),

        Text("Keeper:Key", "Name in Keys of the key that sends transactions"),
        Text("Keeper:ReportKey", "Name in Keys of a second key that reports are sent with, so that what is stuck with Key holds none up; not set: Key sends all"),
        Text("Keeper:OracleNodes:#:Name", "Name of the oracle node in logs and metrics") with { WhyRequired = "evidence against a lying node needs a name to go by" },
        Url("Keeper:OracleNodes:#:Url", "Where the oracle node answers") with { WhyRequired = "a node without a URL cannot be read" },
        Whole("Keeper:DeviationBps", "Publish when the median has moved by this, in basis points", 1, 10_000),
        Whole("Keeper:ReportHeartbeatSeconds", "Publish at least this often, in seconds", 60, 604_800),
        Exact("Keeper:MinimumBonusValue", "Leave liquidations with a smaller bonus to others, in units of account", 10_000_000_000, 18),
        Exact("Keeper:ReportWorth", "The most that carrying one report may cost, in units of account; counts where the chain names its NativeAsset", 10_000_000_000, 18) with { AboveMinimum = true },
        Exact("Keeper:FundingWorth", "The most that one approval of stable units may cost, in units of account; counts where the chain names its NativeAsset", 10_000_000_000, 18) with { AboveMinimum = true },
        Exact("Keeper:ClosingWorth", "The most that closing an account may cost that earns nothing, since its collateral does not cover its debt, in units of account; 0 leaves it to others", 10_000_000_000, 18),
        Exact("Keeper:TopUpWorth", "The most that executing a standing top-up of an account may cost, in units of account; nobody pays the keeper for it, and 0 leaves it to others", 10_000_000_000, 18),
        Exact("Keeper:SwapWorth", "The most that executing an account's swap mandate may cost beside the mandate's tip, or asking for a swap under its lien, in units of account; 0 leaves those without a tip to others", 10_000_000_000, 18),
        Exact("Keeper:SettlementWorth", "The most that one step of settling expired options may cost (a recorded price, an expiry price, an account), in units of account; a claim never costs more than it pays, and 0 leaves all of it to others", 10_000_000_000, 18),
        Exact("Keeper:AlertHealth", "An account under this health is told of as near liquidation, which starts under 1", 10, 18) with { Minimum = 1 },
        Whole("Keeper:MaxLiquidatableByReportBps", "A report that makes accounts with more than this share of all debt liquidatable by itself is not carried, in basis points", 0, 10_000),
        Whole("Keeper:SeizureToleranceBps", "How far a seizure may differ from the simulated one, in basis points", 0, 10_000),
        Whole("Keeper:SeizureDiscountBps", "What of a seizure on another chain is held against its being paid there later, after the relay, a queue of a day and up to two vetoes, in basis points of its value", 0, 10_000),
        Exact("Keeper:BreakerWorth", "The most that one mark of a collateral without a price may cost, in units of account; nobody pays the keeper for it, and 0 leaves it to others", 10_000_000_000, 18),
        Exact("Keeper:HedgeHealth", "An account with options under this health, and not under 1, is told what would hedge them; at 1 nobody is", 10, 18) with { Minimum = 1 },
        Whole("Keeper:HedgeEverySeconds", "After how many seconds of chain time the same options are judged again", 60, 604_800),
        Whole("Keeper:HedgeToleranceBps", "What a hedge may leave open, in basis points of as many options at the money", 1, 10_000),
        Whole("Keeper:HedgeCostBps", "Half the spread that a hedge is assumed to pay, in basis points of an option's mark", 0, 5_000),
        Whole("Keeper:QuarantineAfterFailures", "Failures in a row before an account is left alone", 1, 100),
        Whole("Keeper:QuarantineSeconds", "For how long, in seconds", 1, 86_400),
        Whole("Keeper:LiquidationDeadlineSeconds", "Give a liquidation up after this, in seconds", 1, 3_600),
        Whole("Keeper:MaxAccounts", "The most accounts watched", 1, 1_000_000),
        Whole("Keeper:LeaseSeconds", "How long a keeper that stands still keeps the journal from one that stands by, in seconds", 1, 3_600),
        Whole("Keeper:DoppelgangerSeconds", "How long the chain is watched for another user of the key before a journal takes it over, in seconds", 0, 3_600),
        Real("Keeper:FactorToleranceRelative", "How far factors computed here may differ from the chain's, relative", 0, 0.01m) with { AboveMinimum = true },

        Text("Oracle:Key", "Name in Keys of the key that signs reports"),
        File("Oracle:RecordFile", "SQLite file of what this node has attested, so that it never contradicts itself"),
        new("Oracle:ListenUrl", KeyKind.ListenUrl, "Where the oracle node answers; loopback only")
        {
            Expectation = "a loopback URL with a port, such as http://127.0.0.1:8550",
        },
        Whole("Oracle:SampleSeconds", "One price sample per this many seconds", 1, 86_400),
        Real("Oracle:Lambda", "Decay of the exponentially weighted volatility per sample", 0, 1) with { AboveMinimum = true, BelowMaximum = true },
        Real("Oracle:StressWeight", "Weight of the stressed volatility; at least 0.25 by EMIR RTS 153/2013 Art. 28(1)(b)", 0.25m, 1) with { BelowMaximum = true },
        Whole("Oracle:HistorySamples", "Samples the volatility is estimated from", 24, 100_000),
        Whole("Oracle:ValidSeconds", "How long a signed report may be used, in seconds", 60, 86_400),
        Chain("Oracle:Headers:#:Of", "Chain id whose headers this node attests") with { WhyRequired = "a header is one of some chain" },
        Chain("Oracle:Headers:#:On", "Chain id whose AttestedHeaders believes them") with { WhyRequired = "a signature is good for one contract of one chain" },
        Whole("Oracle:HeaderEveryBlocks", "Of which numbers headers are attested: the multiples of this; all nodes of a market take the same", 1, 100_000),
        Whole("Oracle:HeaderValidSeconds", "How long after its block an attestation of it may be carried, in seconds; all nodes of a market take the same", 600, 604_800),
        File("Oracle:SurfaceFile", "Implied volatilities by expiry, signed by SurfacePublisher; needed where the market lists expiries of options"),
        Address("Oracle:SurfacePublisher", "Whose signature of the surface counts"),
        Whole("Oracle:SurfaceMaxAgeSeconds", "An older surface is not used, in chain seconds", 1, 604_800),
        File("Oracle:BacktestReport", "JSON twin of the backtest report that chose the production model (vol backtest --report): its hash is part of what is signed"),
        Address("Oracle:Assets:*:SwapPool", "Uniswap v3 pool in which it is sold: the slippage is the larger of the estimate and of what SellSize would lose there"),
        Real("Oracle:Assets:*:StressVolatility", "Annualised volatility of the stressed period", 0, 20) with
        {
            AboveMinimum = true,
            WhyRequired = "without a stressed volatility the blend would follow calm markets down",
        },
        Real("Oracle:Assets:*:SellSize", "What one liquidation sells at once, in units of account", 0, 1_000_000_000_000_000) with
        {
            AboveMinimum = true,
            WhyRequired = "slippage is estimated from it",
        },
        Real("Oracle:Assets:*:DailyVolume", "What the market trades in a day, in units of account", 0, 1_000_000_000_000_000) with
        {
            AboveMinimum = true,
            WhyRequired = "slippage is estimated from it",
        },

        Text("Relay:Key", "Name in Keys of the key that carries headers and proofs"),
        new("Relay:ListenUrl", KeyKind.ListenUrl, "Where the relay gives proofs to owners and says how it stands; loopback only")
        {
            Expectation = "a loopback URL with a port, such as http://127.0.0.1:8560",
        },
        Text("Relay:OracleNodes:#:Name", "Name of the oracle node in logs and metrics") with { WhyRequired = "evidence against a lying node needs a name to go by" },
        Url("Relay:OracleNodes:#:Url", "Where the oracle node answers") with { WhyRequired = "a node without a URL cannot be read" },
        Chain("Relay:Links:#:Vault", "Chain id where collateral is locked") with { WhyRequired = "a link has two ends" },
        Chain("Relay:Links:#:Hub", "Chain id where it secures accounts") with { WhyRequired = "a link has two ends" },
        Whole("Relay:RefreshSeconds", "A lien is proved again where the observation of it is older than this, in seconds of the hub's chain", 60, 604_800),
        Whole("Relay:MaxLiens", "The most liens of a vault that are looked at", 1, 100_000),
    ];

    /// <summary>What a key takes, as the end of "Set it to …".</summary>
    internal static string Expects(ConfigurationKey key) => key.Expectation.Length > 0
        ? key.Expectation
        : key.Kind switch
        {
            KeyKind.Choice => string.Join(" or ", key.Choices.Select(choice => $"\"{choice}\"")),
            KeyKind.Text => "a name of 1 to 64 letters, digits, dots, dashes, underscores or inner spaces",
            KeyKind.FilePath => "the path of a file",
            KeyKind.Url or KeyKind.ListenUrl => "an http or https URL without user name and password",
            KeyKind.SocketUrl => "a ws or wss URL without user name and password",
            KeyKind.SignerUrl => "unix:/path of a socket, an https URL, or an http URL of loopback",
            KeyKind.SecretFile => Chains.SecretFile.Forms,
            KeyKind.Address => "an address of 0x and 40 digits with its EIP-55 checksum",
            KeyKind.Whole => $"a whole number {key.Range}",
            KeyKind.Exact => $"a number {key.Range} with at most {key.MaximumDecimals} decimals",
            KeyKind.Real => $"a number {key.Range}",
            _ => throw new ArgumentOutOfRangeException(nameof(key), key.Kind, "No such kind."),
        };

    private static ConfigurationKey Choice(string pattern, string doc, params string[] choices) => new(pattern, KeyKind.Choice, doc) { Choices = choices };

    private static ConfigurationKey Text(string pattern, string doc) => new(pattern, KeyKind.Text, doc);

    private static ConfigurationKey File(string pattern, string doc) => new(pattern, KeyKind.FilePath, doc);

    private static ConfigurationKey Url(string pattern, string doc) => new(pattern, KeyKind.Url, doc);

    private static ConfigurationKey Address(string pattern, string doc) => new(pattern, KeyKind.Address, doc);

    private static ConfigurationKey Contract(string name) =>
        Address($"Chains:*:{name}", $"Address of {name} on this chain") with { WhyRequired = $"calls to {name} would have nowhere to go" };

    private static ConfigurationKey Chain(string pattern, string doc) =>
        new(pattern, KeyKind.Exact, doc) { Minimum = 1, Maximum = 9_223_372_036_854_775_771m, MaximumDecimals = 0, Expectation = "a decimal chain id of Chains" };

    private static ConfigurationKey Whole(string pattern, string doc, int minimum, int maximum) =>
        new(pattern, KeyKind.Whole, doc) { Minimum = minimum, Maximum = maximum };

    private static ConfigurationKey Exact(string pattern, string doc, decimal maximum, int decimals) =>
        new(pattern, KeyKind.Exact, doc) { Minimum = 0, Maximum = maximum, MaximumDecimals = decimals };

    private static ConfigurationKey Real(string pattern, string doc, decimal minimum, decimal maximum) =>
        new(pattern, KeyKind.Real, doc) { Minimum = minimum, Maximum = maximum };
}
