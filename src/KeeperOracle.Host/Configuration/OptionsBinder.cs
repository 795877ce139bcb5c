using System.Globalization;
using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Configuration;

/// <summary>Builds the records from the values in force, key by key; what a value means together with others is judged by the rules.</summary>
internal sealed class OptionsBinder(SettingLayers layers, ProblemList problems)
{
    private readonly ValueReader _read = new(layers.Settings, problems);

    internal KeeperOracleOptions Bind() => new(
        _read.Choice<OperatingMode>("Mode"),
        _read.FilePath("JournalFile"),
        [.. layers.EntriesOf("Chains").Select(Chain).OrderBy(chain => chain.Id)],
        Quorum(),
        [.. Entries("Keys").Select(Key)],
        Keeper(),
        Oracle())
    {
        Relay = Relay(),
    };

    private ChainOptions Chain(string id)
    {
        var chain = $"Chains:{id}";
        return new ChainOptions(
            new ChainId(ulong.Parse(id, NumberStyles.None, CultureInfo.InvariantCulture)),
            layers.Settings[$"{chain}:Name"].Value.Length == 0 ? id : _read.Text($"{chain}:Name")!,
            Nodes($"{chain}:Rpc"),
            _read.Address($"{chain}:Multicall3"),
            _read.Address($"{chain}:OracleHub"),
            _read.Address($"{chain}:AttestationVerifier"),
            _read.Address($"{chain}:RiskOracle"),
            _read.Address($"{chain}:MarginVault"),
            _read.Whole($"{chain}:PollMilliseconds"),
            _read.Whole($"{chain}:Confirmations"),
            _read.Exact($"{chain}:MaxFeePerGasGwei"),
            _read.Exact($"{chain}:MaxPriorityFeePerGasGwei"),
            _read.Whole($"{chain}:SnapshotMaxAgeSeconds"),
            _read.Whole($"{chain}:ReadQuorum"),
            _read.Whole($"{chain}:MaxLagBlocks"),
            _read.Whole($"{chain}:FinalityDepth"),
            _read.Whole($"{chain}:LiarQuarantineSeconds"),
            Sending(chain))
        {
            CrossChain = new CrossChainOptions(
                _read.Address($"{chain}:CollateralVault"), _read.Address($"{chain}:MarginHub"), _read.Address($"{chain}:AttestedHeaders")),
        };
    }

    private SendingOptions Sending(string chain) => new(
        _read.Whole($"{chain}:MaxInFlight"),
        _read.Whole($"{chain}:BumpAfterBlocks"),
        _read.Whole($"{chain}:BumpPercent"),
        _read.Whole($"{chain}:ResendSeconds"),
        _read.Whole($"{chain}:MissingSeconds"),
        _read.Whole($"{chain}:HourlyGas"),
        _read.Whole($"{chain}:ReserveGas"),
        _read.Text($"{chain}:NativeAsset"),
        _read.Choice<DataFeeKind>($"{chain}:DataFee"));

    private QuorumOptions Quorum() => new(
        [.. Positions("Quorum:Signers").Select(at => _read.Address($"Quorum:Signers:{at}"))],
        _read.Whole("Quorum:TightenThreshold"),
        _read.Whole("Quorum:Threshold"));

    private KeyOptions Key(string name) => new(
        name,
        _read.Choice<KeyRole>($"Keys:{name}:Role"),
        _read.FilePath($"Keys:{name}:KeystoreFile") ?? "",
        _read.SecretFile($"Keys:{name}:PasswordFile") ?? "",
        Remote($"Keys:{name}"));

    private RemoteKeyOptions? Remote(string key) =>
        _read.SignerUrl($"{key}:Signer") is { } connection
            ? new RemoteKeyOptions(connection, _read.Address($"{key}:Address"), _read.SecretFile($"{key}:TokenFile"))
            : null;

    private KeeperOptions Keeper() => new(
        _read.Text("Keeper:Key"),
        _read.Text("Keeper:ReportKey"),
        Endpoints("Keeper:OracleNodes", mustBeGiven: false),
        _read.Whole("Keeper:DeviationBps"),
        _read.Whole("Keeper:ReportHeartbeatSeconds"),
        EighteenDecimals("Keeper:MinimumBonusValue"),
        EighteenDecimals("Keeper:ReportWorth"),
        EighteenDecimals("Keeper:FundingWorth"),
        EighteenDecimals("Keeper:ClosingWorth"),
        EighteenDecimals("Keeper:TopUpWorth"),
        EighteenDecimals("Keeper:SwapWorth"),
        EighteenDecimals("Keeper:SettlementWorth"),
        EighteenDecimals("Keeper:AlertHealth"),
        _read.Whole("Keeper:MaxLiquidatableByReportBps"),
        _read.Whole("Keeper:SeizureToleranceBps"),
        _read.Whole("Keeper:SeizureDiscountBps"),
        EighteenDecimals("Keeper:BreakerWorth"),
        EighteenDecimals("Keeper:HedgeHealth"),
        _read.Whole("Keeper:HedgeEverySeconds"),
        _read.Whole("Keeper:HedgeToleranceBps"),
        _read.Whole("Keeper:HedgeCostBps"),
        _read.Whole("Keeper:QuarantineAfterFailures"),
        _read.Whole("Keeper:QuarantineSeconds"),
        _read.Whole("Keeper:LiquidationDeadlineSeconds"),
        _read.Whole("Keeper:MaxAccounts"),
        _read.Whole("Keeper:LeaseSeconds"),
        _read.Whole("Keeper:DoppelgangerSeconds"),
        _read.Real("Keeper:FactorToleranceRelative"));

    // Exact: the reader refuses more than eighteen decimals.
    private Wad EighteenDecimals(string path) => new(new BigInteger(_read.Exact(path) * 1_000_000_000_000_000_000m));

    private OracleOptions Oracle() => new(
        _read.Text("Oracle:Key"),
        _read.FilePath("Oracle:RecordFile"),
        _read.ListenUrl("Oracle:ListenUrl"),
        _read.Whole("Oracle:SampleSeconds"),
        _read.Real("Oracle:Lambda"),
        _read.Real("Oracle:StressWeight"),
        _read.Whole("Oracle:HistorySamples"),
        _read.Whole("Oracle:ValidSeconds"),
        [.. Entries("Oracle:Assets").Select(Asset)])
    {
        Headers = [.. Positions("Oracle:Headers").Select(at => new HeaderLineOptions(Chain("Oracle:Headers", at, "Of"), Chain("Oracle:Headers", at, "On")))],
        HeaderEveryBlocks = _read.Whole("Oracle:HeaderEveryBlocks"),
        HeaderValidSeconds = _read.Whole("Oracle:HeaderValidSeconds"),
        SurfaceFile = _read.FilePath("Oracle:SurfaceFile"),
        SurfacePublisher = Given(_read.Address("Oracle:SurfacePublisher")),
        SurfaceMaxAgeSeconds = _read.Whole("Oracle:SurfaceMaxAgeSeconds"),
        BacktestReport = _read.FilePath("Oracle:BacktestReport"),
    };

    private RelayOptions Relay() => new(
        _read.Text("Relay:Key"),
        _read.ListenUrl("Relay:ListenUrl"),
        Endpoints("Relay:OracleNodes", mustBeGiven: false),
        [.. Positions("Relay:Links").Select(at => new RelayLinkOptions(Chain("Relay:Links", at, "Vault"), Chain("Relay:Links", at, "Hub")))],
        _read.Whole("Relay:RefreshSeconds"),
        _read.Whole("Relay:MaxLiens"));

    // Whole and in range: the reader refuses anything else.
    private ChainId Chain(string list, string at, string name) => new((ulong)_read.Exact($"{list}:{at}:{name}"));

    /// <summary>The zero address is refused where it is given, and stands for none where it is not.</summary>
    private static Address? Given(Address address) => address.IsZero ? null : address;

    private AssetOptions Asset(string symbol) => new(
        symbol,
        _read.Real($"Oracle:Assets:{symbol}:StressVolatility"),
        _read.Real($"Oracle:Assets:{symbol}:SellSize"),
        _read.Real($"Oracle:Assets:{symbol}:DailyVolume"))
    {
        SwapPool = Given(_read.Address($"Oracle:Assets:{symbol}:SwapPool")),
    };

    private List<EndpointOptions> Endpoints(string list, bool mustBeGiven)
    {
        var positions = Positions(list);
        if (mustBeGiven && positions.Count == 0)
        {
            problems.Add(list, null, "no node is named, so nothing can be read", "Name 1 to 9 nodes, each { \"Name\": …, \"Url\": … }.");
        }

        return [.. positions.Select(at => new EndpointOptions(_read.Text($"{list}:{at}:Name") ?? "", _read.Url($"{list}:{at}:Url")))];
    }

    private List<EndpointOptions> Nodes(string list) =>
        [.. Endpoints(list, mustBeGiven: true).Select((node, at) => node with { WebSocketUrl = _read.SocketUrl($"{list}:{at}:WebSocketUrl") })];

    /// <summary>The positions 0, 1, … of a list; a gap (by an environment variable) and too many are refused.</summary>
    private IReadOnlyList<string> Positions(string list)
    {
        var positions = Entries(list);
        for (var at = 0; at < positions.Count; at++)
        {
            var expected = at.ToString(CultureInfo.InvariantCulture);
            if (positions[at] != expected)
            {
                problems.Add(
                    $"{list}:{positions[at]}",
                    null,
                    $"the list has no position {expected} before it",
                    $"Number the list from 0 without gaps: {list}:{expected} is next.");
                return [.. positions.Take(at)];
            }
        }

        return positions;
    }

    private IReadOnlyList<string> Entries(string container)
    {
        var entries = layers.EntriesOf(container);
        var pattern = container.StartsWith("Chains:", StringComparison.Ordinal) ? "Chains:*:Rpc" : container;
        var maximum = KeyTable.Sizes[pattern].Maximum;
        if (entries.Count > maximum)
        {
            problems.Add(container, null, $"{entries.Count} entries are too many", $"List at most {maximum}.");
        }

        return entries;
    }
}
