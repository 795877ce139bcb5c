using System.Globalization;
using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Host.Signer;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;
using Microsoft.Extensions.Logging;

namespace KeeperOracle.Tests.Host.OracleNode;

/// <summary>A node attests what is final and what it read itself, one header for a number, whatever the chain does and however often it is started.</summary>
public sealed class HeaderAttesterTests : IDisposable
{
    private const ulong Valid = 3600;
    private static readonly ChainId Of = new(31337);
    private static readonly ChainId On = new(31338);
    private static readonly Address Verifier = Address.FromHex("0x00000000000000000000000000000000000000a3");
    private static readonly Address Source = Address.FromHex("0x00000000000000000000000000000000000000a4");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keeperoracle-headers-");
    private readonly Blocks _chain = new();
    private readonly HeaderBoard _board = new();
    private readonly Said _said = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Advance_FinalBlocks_AreAttestedAtTheirMultiplesAndSignedForTheContract()
    {
        using var node = Start();
        var attester = Attester(node, every: 4);
        await attester.AdvanceAsync(_chain.Header(10), CancellationToken.None);
        var offered = _board.Find(Of, On)!;
        Assert.Equal("", offered.NoHeader);
        Assert.Equal([4UL, 8UL], offered.Headers.Select(header => header.Number));
        var header = offered.Headers[^1];
        Assert.Equal((_chain.At(8).Hash, _chain.At(8).Root, 1008UL, 1008 + Valid), (header.BlockHash, header.StateRoot, header.Timestamp, header.Deadline));
        Assert.Equal(node.Address, SignatureRecovery.Recover(
            HeaderDigest.Compute(On, Verifier, Source, header.Of(Of)), Signature.FromBytes65(Hex.ToBytes(header.Signature))));
        await attester.AdvanceAsync(_chain.Header(11), CancellationToken.None); // nothing new at a multiple
        Assert.Equal(2, _board.Find(Of, On)!.Headers.Length);
    }

    [Fact]
    public async Task Advance_AfterARestart_OffersTheSameBytesAgain()
    {
        using (var node = Start())
        {
            await AdvanceAsync(node, 5);
        }

        var before = _board.Find(Of, On)!.Headers[^1];
        using var again = Start();
        await AdvanceAsync(again, 5);
        Assert.Equal(before, Assert.Single(_board.Find(Of, On)!.Headers));
    }

    [Fact]
    public async Task Advance_ChainReorganisedPastWhatWasAttested_OffersNothingAndSaysSoOnce()
    {
        using var node = Start();
        var attester = Attester(node);
        await attester.AdvanceAsync(_chain.Header(5), CancellationToken.None);
        Assert.NotEmpty(_board.Find(Of, On)!.Headers);
        _chain.Fork = 1;
        for (ulong final = 5; final < 8; final++)
        {
            await attester.AdvanceAsync(_chain.Header(final), CancellationToken.None);
            var offered = _board.Find(Of, On)!;
            Assert.Empty(offered.Headers);
            Assert.StartsWith("ReorganisedPastAttested", offered.NoHeader, StringComparison.Ordinal);
        }

        Assert.Single(_said.Errors, error => error.Contains("ReorganisedPastAttested", StringComparison.Ordinal));
        _chain.Fork = 0; // the old chain won after all
        await attester.AdvanceAsync(_chain.Header(8), CancellationToken.None);
        Assert.Equal(8UL, _board.Find(Of, On)!.Headers[^1].Number);
    }

    [Fact]
    public async Task Advance_FinalBlockBeforeWhatWasAttested_IsRefused()
    {
        using var node = Start();
        await AdvanceAsync(node, 9);
        await AdvanceAsync(node, 8);
        Assert.StartsWith("ReorganisedPastAttested: block 9", _board.Find(Of, On)!.NoHeader, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Advance_NoFinalBlockStateRootOrBlock_IsRefusedByName()
    {
        using var node = Start();
        await Attester(node).AdvanceAsync(null, CancellationToken.None);
        Assert.StartsWith("NoFinality", _board.Find(Of, On)!.NoHeader, StringComparison.Ordinal);
        _chain.HasRoots = false;
        await AdvanceAsync(node, 5);
        Assert.StartsWith("StateRootMissing", _board.Find(Of, On)!.NoHeader, StringComparison.Ordinal);
        (_chain.HasRoots, _chain.Missing) = (true, 4);
        await AdvanceAsync(node, 5);
        Assert.StartsWith("BlockMissing", _board.Find(Of, On)!.NoHeader, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sign_TwoHeadersOfOneNumber_OnlyTheFirstAlsoAfterARestart()
    {
        var header = new HeaderAttestation(Of.Value, 5, Keccak.HashText("a"), Keccak.HashText("b"), 100, 200);
        using (var node = Start())
        {
            Assert.NotNull((await SignAsync(node, header)).Value);
        }

        using var again = Start();
        Assert.NotNull((await SignAsync(again, header)).Value); // the very same says nothing new
        Assert.Equal("HeaderContradicts", (await SignAsync(again, header with { BlockHash = Keccak.HashText("c") })).Refusal!.Rule);
        Assert.Equal("HeaderContradicts", (await SignAsync(again, header with { Timestamp = 101 })).Refusal!.Rule);
        Assert.Equal("HeaderNotNewer", (await SignAsync(again, header with { Number = 4 })).Refusal!.Rule);
        Assert.Equal("HeaderNotNewer", (await SignAsync(again, header with { Number = 6 })).Refusal!.Rule);
        Assert.NotNull((await SignAsync(again, header with { Number = 6, Timestamp = 101 })).Value);
        Assert.NotNull((await SignAsync(again, header with { ChainId = 1 })).Value); // another line
    }

    private static Task<SigningOutcome<SignedHeader>> SignAsync(RecordedSigner node, HeaderAttestation header) =>
        node.SignAsync(On, Verifier, Source, header, CancellationToken.None);

    private Task AdvanceAsync(RecordedSigner node, ulong final) => Attester(node).AdvanceAsync(_chain.Header(final), CancellationToken.None);

    private HeaderAttester Attester(RecordedSigner node, ulong every = 1) =>
        new("n1", new HeaderLine(node.Address, On, Verifier, Source, Of), "A", new EthApi(_chain), node, every, Valid, _board, _said);

    private RecordedSigner Start() => new(new LocalSigner(AnvilNode.Key(0)), SignGuard.Open(Path.Combine(_folder.FullName, "record.db"), TimeProvider.System));

    /// <summary>A chain of blocks a second apart, on one of several forks.</summary>
    private sealed class Blocks : IRpc
    {
        public int Fork { get; set; }

        public bool HasRoots { get; set; } = true;

        public ulong? Missing { get; set; }

        public (Hash32 Hash, Hash32 Root) At(ulong number) => (Keccak.HashText($"block {number} of {Fork}"), Keccak.HashText($"root {number} of {Fork}"));

        public BlockHeader Header(ulong number) =>
            new(new BlockRef(number, At(number).Hash, default, 1000 + number), default, 30_000_000, HasRoots ? At(number).Root : null);

        public Task<JsonElement> SendAsync(string method, CancellationToken ct, params object?[] parameters)
        {
            var number = ulong.Parse(((string)parameters[0]!)[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var block = Header(number);
            object? answer = number == Missing ? null : new Dictionary<string, object?>
            {
                ["number"] = $"0x{number:x}",
                ["hash"] = block.Ref.Hash.ToString(),
                ["parentHash"] = block.Ref.ParentHash.ToString(),
                ["timestamp"] = $"0x{block.Ref.Timestamp:x}",
                ["gasLimit"] = "0x1c9c380",
                ["stateRoot"] = block.StateRoot?.ToString(),
            };
            return Task.FromResult(JsonSerializer.SerializeToElement(answer));
        }

        public Task<IReadOnlyList<RpcReply>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken ct) => throw new NotSupportedException();
    }

    private sealed class Said : ILogger
    {
        public List<string> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error)
            {
                Errors.Add(formatter(state, exception));
            }
        }
    }
}
