using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.MarginOracle;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.MarginOracle.Snapshots;

/// <summary>
/// A chain in memory with one vault on it, without collaterals: accounts with shares of debt, options and liens, that change block by block and fall
/// back with them. The index grows with every block, and so does what options and liens are worth. It answers as a node: state at the hash
/// of a canonical block, logs by hash, and it can leave logs out or fail.
/// </summary>
internal sealed class ScriptedVault : IRpc
{
    private static readonly (Address Stable, Address Guardian, Address OptionBook, Address Hub) Peers = (Numbered(0x21), Numbered(0x22), Numbered(0x23), Numbered(0x24));
    private static readonly Hash32 SomeEvent = Keccak.HashText("Touched(bytes32)");

    private readonly List<Block> _canonical = [];
    private readonly Dictionary<Hash32, Block> _byHash = [];
    private int _made;

    public ScriptedVault() => Mine(_ => { });

    internal sealed record Account(Hash32 Id, BigInteger Shares, bool HasLiens, int Legs, BigInteger Claims, ulong TopUpTrigger = 0, ulong SwapTrigger = 0, ulong LienSwapTrigger = 0);

    internal sealed record Log(Address Address, ImmutableArray<Hash32> Topics, byte[] Data, Hash32 About);

    private sealed record Block(BlockRef Ref, ImmutableList<Account> Accounts, ImmutableArray<Log> Logs);

    public static ProtocolAddresses Addresses { get; } = new(Numbered(0x11), Numbered(0x12), Numbered(0x13), Numbered(0x14), Numbered(0x15));

    public BlockRef Head => _canonical[^1].Ref;

    public int AccountCount => _canonical[^1].Accounts.Count;

    /// <summary>Calls of contracts since the test began.</summary>
    public int Calls { get; private set; }

    /// <summary>Accounts whose logs the node leaves out.</summary>
    public HashSet<Hash32> Hides { get; } = [];

    /// <summary>What it answers a method with instead; null where it answers.</summary>
    public Func<string, RpcException?> Fails { get; set; } = _ => null;

    /// <summary>By so many seconds is the time that calls see later than that of their block.</summary>
    public ulong RunsAhead { get; set; }

    public Hash32 IdOf(int account) => _canonical[^1].Accounts[account].Id;

    /// <summary>One more block, in which the change happens.</summary>
    public void Mine(Action<Change> happens)
    {
        var parent = _canonical.Count == 0 ? null : _canonical[^1];
        var change = new Change(parent?.Accounts ?? []);
        happens(change);
        var number = (ulong)_canonical.Count;
        var reference = new BlockRef(number, Keccak.HashText($"block {_made++}"), parent?.Ref.Hash ?? default, 1_000_000 + (12 * number));
        var block = new Block(reference, change.Accounts, [.. change.Logs]);
        _canonical.Add(block);
        _byHash[reference.Hash] = block;
    }

    public void Mine(int blocks)
    {
        for (var i = 0; i < blocks; i++)
        {
            Mine(_ => { });
        }
    }

    public void Drop(int blocks) => _canonical.RemoveRange(_canonical.Count - blocks, blocks);

    public Task<JsonElement> SendAsync(string method, CancellationToken ct, params object?[] parameters) => throw new NotSupportedException(method);

    public Task<IReadOnlyList<RpcReply>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<RpcReply>>([.. requests.Select(Reply)]);

    private static Address Numbered(int number) => new([.. new byte[19], (byte)number]);

    private RpcReply Reply(RpcRequest request)
    {
        if (Fails(request.Method) is { } failure)
        {
            return failure.Kind == RpcFailure.ErrorReply ? new RpcReply(default, failure) : throw failure;
        }

        var parameters = request.Parameters;
        if (request.Method == "eth_call" && parameters.Count > 2)
        {
            // It runs no code, so none can be carried along.
            return new RpcReply(default, new RpcException(RpcFailure.ErrorReply, "scripted", "too many arguments, want at most 2", -32602));
        }

        return new RpcReply(
            JsonSerializer.SerializeToElement(request.Method switch
            {
                "eth_getBlockByNumber" => JsonOf(ulong.Parse(((string)parameters[0]!)[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
                "eth_getLogs" => LogsOf((Dictionary<string, object?>)parameters[0]!),
                "eth_call" => Hex.FromBytes(Aggregate((Dictionary<string, object?>)parameters[0]!, (Dictionary<string, object?>)parameters[1]!)),
                _ => throw new NotSupportedException(request.Method),
            }),
            null);
    }

    private object? JsonOf(ulong number) => number >= (ulong)_canonical.Count ? null : new
    {
        number = $"0x{number:x}",
        hash = _canonical[(int)number].Ref.Hash.ToString(),
        parentHash = _canonical[(int)number].Ref.ParentHash.ToString(),
        timestamp = $"0x{_canonical[(int)number].Ref.Timestamp:x}",
        gasLimit = "0x1",
    };

    private object LogsOf(Dictionary<string, object?> query)
    {
        var block = _byHash[Hash32.FromHex((string)query["blockHash"]!)];
        var contracts = (string[])query["address"]!;
        return block.Logs.Select((log, index) => (log, index))
            .Where(pair => contracts.Contains(pair.log.Address.ToString()) && !Hides.Contains(pair.log.About))
            .Select(pair => new
            {
                address = pair.log.Address.ToString(),
                topics = pair.log.Topics.Select(topic => topic.ToString()),
                data = Hex.FromBytes(pair.log.Data),
                blockNumber = $"0x{block.Ref.Number:x}",
                blockHash = block.Ref.Hash.ToString(),
                transactionHash = block.Ref.Hash.ToString(),
                logIndex = $"0x{pair.index:x}",
            });
    }

    private byte[] Aggregate(Dictionary<string, object?> message, Dictionary<string, object?> at)
    {
        var block = _byHash[Hash32.FromHex((string)at["blockHash"]!)];
        if (_canonical.Count <= (int)block.Ref.Number || _canonical[(int)block.Ref.Number] != block)
        {
            throw new RpcException(RpcFailure.ErrorReply, "scripted", "header for hash not found");
        }

        Assert.True(Multicall3.Aggregate3Function.TryDecodeCall(Hex.ToBytes((string)message["data"]!), out var aggregate));
        Calls += aggregate.Calls.Count;
        var writer = new AbiWriter();
        writer.List(aggregate.Calls, (list, call) => list.Nested(Answer(block, call.CallData), (one, data) =>
        {
            one.Bool(true);
            one.Bytes(data);
        }));
        return writer.ToBytes();
    }

    private byte[] Answer(Block block, byte[] call)
    {
        var writer = new AbiWriter();
        if (MarginVault.AccountsFunction.TryDecodeCall(call, out var page))
        {
            writer.List([.. block.Accounts.Skip((int)page.Start).Take((int)page.Count).Select(account => account.Id)], (list, id) => list.Hash(id));
        }
        else if (MarginVault.PositionFunction.TryDecodeCall(call, out var position))
        {
            var account = Find(block, position.Account);
            var held = new Position(Numbered(0x31), 7, 0, account.Shares / 1_000_000_000, 0, 0, [], account.Shares, account.HasLiens);
            writer.Nested(held, (inner, value) => value.WriteTo(inner));
        }
        else if (MarginVault.TopUpMandateOfFunction.TryDecodeCall(call, out var mandate))
        {
            var trigger = mandate.Index == 2 ? Find(block, mandate.Account).TopUpTrigger : 0;
            Words(writer, 0, 0x21, trigger, 3_600, 2 * trigger, 99, 5);
        }
        else if (MarginVault.SwapMandateOfFunction.TryDecodeCall(call, out var swap))
        {
            var trigger = Find(block, swap.Account).SwapTrigger;
            Words(writer, trigger, 2 * trigger, 7, 8, 3_600, 99, 1, 0x8000, 9);
        }
        else if (OptionBook.LegCountFunction.TryDecodeCall(call, out var legs))
        {
            writer.SmallUnsigned((ulong)Find(block, legs.Account).Legs, 64);
        }
        else if (OptionBook.PendingClaimsFunction.TryDecodeCall(call, out var claims))
        {
            writer.BigUnsigned(Find(block, claims.Account).Claims, 256);
        }
        else if (OptionBook.MaintenanceFunction.TryDecodeCall(call, out var maintenance))
        {
            Words(writer, (ulong)Find(block, maintenance.Account).Legs * block.Ref.Timestamp, block.Ref.Number);
        }
        else if (OptionBook.InitialRequirementFunction.TryDecodeCall(call, out var initial))
        {
            Words(writer, (ulong)Find(block, initial.Account).Legs * block.Ref.Timestamp * 2);
        }
        else if (OptionBook.LegsOfFunction.TryDecodeCall(call, out var held))
        {
            // Contracts written, of the only underlying there is.
            var word = (((BigInteger.One << 96) - block.Ref.Timestamp) << 160) | ((BigInteger)3_000 << 64) | (77 << 24);
            writer.List([.. Enumerable.Repeat(word, Find(block, held.Account).Legs)], (list, one) => list.BigUnsigned(one, 256));
        }
        else if (OptionBook.LegStateFunction.TryDecodeCall(call, out var state))
        {
            Words(writer, 1, (ulong)Find(block, state.Account).Claims, 3);
        }
        else if (OptionBook.UnderlyingsFunction.Selector.Begins(call))
        {
            writer.List([new Underlying(Numbered(0x41), 1, 1)], (list, one) => one.WriteTo(list));
        }
        else if (MarginHub.CapacityOfFunction.TryDecodeCall(call, out var capacity))
        {
            var age = Find(block, capacity.Account).HasLiens ? block.Ref.Number : 0;
            Words(writer, age, 2 * age, 3 * age, 4 * age);
        }
        else if (MarginHub.LiensOfFunction.TryDecodeCall(call, out var liens))
        {
            // A lien has the id of its account as its key.
            writer.List(Find(block, liens.Account).HasLiens ? [liens.Account] : Array.Empty<Hash32>(), (list, key) => list.Hash(key));
        }
        else if (MarginHub.LienOfFunction.TryDecodeCall(call, out var lien))
        {
            writer.Hash(lien.LienKey);
            Words(writer, 0x61, 1, 9, 7, 2, 0, 3, 999_000, 1, 0, 0, 4, block.Ref.Number % 2, 0, 1);
        }
        else if (MarginHub.LienSwapMandateOfFunction.TryDecodeCall(call, out var standing))
        {
            // The lien that it would fill is another with the same figures.
            var trigger = Find(block, standing.LienKey).LienSwapTrigger;
            writer.Hash(Keccak.HashText("filled"));
            Words(writer, trigger, 2 * trigger, 7, 99, 50, 4, 3_600);
        }
        else if (MarginHub.LienSwapAvailableFunction.Selector.Begins(call))
        {
            Words(writer, block.Ref.Number); // it leaks back by time alone
        }
        else if (RiskOracle.PastFactorsFunction.Selector.Begins(call))
        {
            Words(writer, 6, 7);
        }
        else if (OracleHub.ReadingFunction.Selector.Begins(call))
        {
            Words(writer, 0, 8, 9, 10, 11);
        }
        else if (MarginHub.RemoteOfFunction.Selector.Begins(call))
        {
            Words(writer, 10, 0x41, 0x42, 0x43, 6, 100, 50, 777, 9);
        }
        else if (MarginHub.SourceChainOfFunction.Selector.Begins(call))
        {
            Words(writer, 0x51, 1, 900, 60, 5);
        }
        else if (RiskOracle.FactorsFunction.Selector.Begins(call))
        {
            Words(writer, 1, 2, 3, 4, 5);
        }
        else if (MarginVault.CollateralsFunction.Selector.Begins(call) || AttestationVerifier.SignersFunction.Selector.Begins(call))
        {
            writer.List(Array.Empty<Address>(), (list, address) => list.Address(address));
        }
        else if (MarginVault.LimitsFunction.Selector.Begins(call))
        {
            Words(writer, 1, 2, 3, 4);
        }
        else
        {
            Words(writer, MarginVault.AccountCountFunction.Selector.Begins(call) ? (ulong)block.Accounts.Count
                : MarginVault.BorrowIndexFunction.Selector.Begins(call) ? 1_000_000_000 + block.Ref.Number
                : MarginVault.AssetFunction.Selector.Begins(call) ? 0x21u
                : MarginVault.GuardianFunction.Selector.Begins(call) ? 0x22u
                : MarginVault.OptionBookFunction.Selector.Begins(call) ? 0x23u
                : MarginVault.MarginHubFunction.Selector.Begins(call) ? 0x24u
                : Multicall3.GetCurrentBlockTimestampFunction.Selector.Begins(call) ? block.Ref.Timestamp + RunsAhead
                : Multicall3.GetEthBalanceFunction.Selector.Begins(call) ? block.Ref.Number : 5u);
        }

        return writer.ToBytes();
    }

    private static Account Find(Block block, Hash32 id) => block.Accounts.First(account => account.Id == id);

    private static void Words(AbiWriter writer, params ulong[] words) => words.ToList().ForEach(word => writer.SmallUnsigned(word, 64));

    /// <summary>What happens in one block, each thing with the log that the contracts write of it.</summary>
    internal sealed class Change(ImmutableList<Account> accounts)
    {
        public ImmutableList<Account> Accounts { get; private set; } = accounts;

        public List<Log> Logs { get; } = [];

        public int Count => Accounts.Count;

        public void Open(int number)
        {
            var id = new Hash32([.. new byte[19], 0x31, .. new byte[10], (byte)((number >> 8) & 0xFF), (byte)(number & 0xFF)]);
            if (Accounts.Exists(account => account.Id == id))
            {
                return;
            }

            Accounts = Accounts.Add(new Account(id, 0, false, 0, 0));
            var data = new AbiWriter();
            data.SmallUnsigned((ulong)number, 64);
            Logs.Add(new Log(Addresses.MarginVault, [MarginVault.AccountOpenedEvent.Topic, id, new Hash32([.. new byte[31], 0x31])], data.ToBytes(), id));
        }

        /// <summary>A change that a topic of the vault tells of.</summary>
        public void Borrow(int at, BigInteger shares) => Set(at, Addresses.MarginVault, isInData: false, account => account with { Shares = account.Shares + shares });

        /// <summary>A change of one account that the event of another tells of in its data.</summary>
        public void TopUpFrom(int at, BigInteger shares) => Set(at, Addresses.MarginVault, isInData: true, account => account with { Shares = account.Shares + shares });

        public void Trade(int at, int legs) => Set(at, Peers.OptionBook, isInData: false, account => account with { Legs = legs, Claims = account.Claims + 1 });

        public void AttachLien(int at) => Set(at, Peers.Hub, isInData: false, account => account with { HasLiens = true });

        public void AllowTopUp(int at, ulong trigger) =>
            Set(at, Addresses.MarginVault, isInData: false, account => account with { TopUpTrigger = trigger });

        public void AllowSwap(int at, ulong trigger) =>
            Set(at, Addresses.MarginVault, isInData: false, account => account with { SwapTrigger = trigger });

        public void AllowLienSwap(int at, ulong trigger) =>
            Set(at, Peers.Hub, isInData: false, account => account with { LienSwapTrigger = trigger });

        /// <summary>A log about nobody.</summary>
        public void Say() => Logs.Add(new Log(Peers.OptionBook, [SomeEvent, Keccak.HashText("nobody")], [1, 2, 3], default));

        private void Set(int at, Address contract, bool isInData, Func<Account, Account> change)
        {
            var id = Accounts[at].Id;
            Accounts = Accounts.SetItem(at, change(Accounts[at]));
            var other = Keccak.HashText("somebody else");
            Logs.Add(new Log(contract, [SomeEvent, isInData ? other : id], isInData ? [.. other.ToBytes(), .. id.ToBytes()] : [], id));
        }
    }
}
