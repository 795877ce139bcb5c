using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Host.Relay;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeeperOracle.Tests.Host.Relay;

/// <summary>Four nodes, three needed: one that lies, is a stranger, is broken or is dead changes nothing; two of them leave no header.</summary>
public sealed class HeaderCollectorTests : IDisposable
{
    private static readonly ChainId Of = new(31337);
    private static readonly ChainId On = new(31338);
    private static readonly Address Verifier = Address.FromHex("0x00000000000000000000000000000000000000a3");
    private static readonly Address Source = Address.FromHex("0x00000000000000000000000000000000000000a4");
    private readonly PrivateKey[] _keys = [.. Enumerable.Range(0, 5).Select(AnvilNode.Key)];
    private readonly Nodes _nodes = new();

    public void Dispose()
    {
        _keys.ToList().ForEach(key => key.Dispose());
        _nodes.Dispose();
    }

    [Fact]
    public async Task Collect_ThreeOfFourAgree_GivesTheNewestWithAscendingSigners()
    {
        for (var node = 0; node < 4; node++)
        {
            _nodes.Say(node, Signed(node, Header(7)), Signed(node, node == 3 ? Header(8) with { StateRoot = Keccak.HashText("a lie") } : Header(8)));
        }

        var collected = await CollectAsync();
        Assert.Equal([8UL, 7UL], collected.Select(one => one.Attestation.Number));
        Assert.Equal(Header(8), collected[0].Attestation);
        var signers = collected[0].Signatures
            .Select(signature => SignatureRecovery.Recover(HeaderDigest.Compute(On, Verifier, Source, Header(8)), Signature.FromBytes65(signature))).ToList();
        Assert.Equal(3, signers.Count);
        Assert.Equal(signers.Order(), signers);
        Assert.DoesNotContain(_keys[3].Address, signers);
    }

    [Fact]
    public async Task Collect_TwoAgree_GivesNothing()
    {
        _nodes.Say(0, Signed(0, Header(8)));
        _nodes.Say(1, Signed(1, Header(8)));
        _nodes.Say(2, Signed(2, Header(8) with { BlockHash = Keccak.HashText("a fork") }));
        Assert.Empty(await CollectAsync());
        _nodes.Say(3, Signed(0, Header(8))); // one key twice
        Assert.Empty(await CollectAsync());
        _nodes.Say(3, Signed(4, Header(8))); // a stranger
        Assert.Empty(await CollectAsync());
        _nodes.Say(3, Signed(3, Header(8)) with { Signature = "0x1234" });
        Assert.Empty(await CollectAsync());
        _nodes.Say(3, Signed(3, Header(8)));
        Assert.Single(await CollectAsync());
    }

    [Fact]
    public async Task Collect_SignedForAnotherContractOrChain_CountsNothing()
    {
        for (var node = 0; node < 4; node++)
        {
            var digest = node % 2 == 0 ? HeaderDigest.Compute(Of, Verifier, Source, Header(8)) : HeaderDigest.Compute(On, Verifier, Verifier, Header(8));
            _nodes.Say(node, Signed(node, Header(8)) with { Signature = Hex.FromBytes(_keys[node].SignDigest(digest).ToBytes65()) });
        }

        Assert.Empty(await CollectAsync());
    }

    private async Task<IReadOnlyList<QuorumHeader>> CollectAsync()
    {
        using var http = new HttpClient(_nodes, disposeHandler: false);
        var collector = new HeaderCollector(
            Of, On, Verifier, Source, [.. Enumerable.Range(0, 4).Select(i => ($"n{i}", new Uri($"http://127.0.0.1:{9000 + i}")))], http, NullLogger.Instance);
        return await collector.CollectAsync([.. _keys.Take(4).Select(key => key.Address)], 3, CancellationToken.None);
    }

    private static HeaderAttestation Header(ulong number) => new(Of.Value, number, Keccak.HashText($"block {number}"), Keccak.HashText($"root {number}"), 1000 + number, 5000 + number);

    private OfferedHeader Signed(int key, HeaderAttestation header) => new(
        header.Number,
        header.BlockHash,
        header.StateRoot,
        header.Timestamp,
        header.Deadline,
        Hex.FromBytes(_keys[key].SignDigest(HeaderDigest.Compute(On, Verifier, Source, header)).ToBytes65()));

    /// <summary>By port; one that was told nothing does not answer.</summary>
    private sealed class Nodes : HttpMessageHandler
    {
        private readonly Dictionary<int, ImmutableArray<OfferedHeader>> _said = [];

        public void Say(int node, params ImmutableArray<OfferedHeader> headers) => _said[node] = headers;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal("/api/v1/headers/31337/31338", request.RequestUri!.AbsolutePath);
            return _said.TryGetValue(request.RequestUri.Port - 9000, out var headers)
                ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
                {
                    Content = new StringContent(JsonSerializer.Serialize(new OfferedHeaders("n", Of, On, 9, "", headers), KeeperJson.Options), System.Text.Encoding.UTF8, "application/json"),
                })
                : throw new HttpRequestException("connection refused");
        }
    }
}
