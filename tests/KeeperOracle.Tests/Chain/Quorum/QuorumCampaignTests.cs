using System.Text.Json.Nodes;
using KeeperOracle.Chain.Quorum;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Quorum;

/// <summary>
/// k = 3 of n = 5. Each case is a seed: who lies and who is down, how they lie, alone or in concert, and what is asked. An
/// answer that is not the truth, or a missing one, fails with its seed.
/// </summary>
public sealed class QuorumCampaignTests
{
    private const int Cases = 10_000;

    /// <summary>Of each kind of a third bad node.</summary>
    private const int HopelessCases = 5_000;
    private static readonly TrueChain Chain = new(8);
    private static readonly string Transaction = Keccak.HashText("a transaction").ToString();

    static QuorumCampaignTests()
    {
        Chain.Mine(Transaction);
        Chain.Grow(1);
    }

    public enum Bad
    {
        TwoLie,
        OneLiesOneIsDown,
        ThirdLies,
        ThirdIsDown,
    }

    private enum Manner
    {
        /// <summary>All liars tell one and the same lie, also about the head.</summary>
        InConcert,

        /// <summary>Each has its own.</summary>
        Alone,

        /// <summary>There is nothing: no block, no receipt, no code.</summary>
        Nothing,

        /// <summary>The head is far ahead, and state is zero.</summary>
        FarHead,
    }

    [Theory]
    [InlineData(Bad.TwoLie)]
    [InlineData(Bad.OneLiesOneIsDown)]
    public async Task F07_F08_AtMostTwoOfFiveAreBad_EveryAnswerIsRightAndNoneIsMissed(Bad bad)
    {
        var marked = 0;
        for (var seed = 0; seed < Cases; seed++)
        {
            var (quorum, random) = Case(seed, bad);
            try
            {
                var head = EthHead(await quorum.SendAsync("eth_getBlockByNumber", CancellationToken.None, "latest", false));
                Assert.True(head == Chain.Head.Hash || head == Chain.Head.ParentHash, "a head that is none");
                foreach (var (request, truth) in Questions(random, head))
                {
                    var answer = await quorum.SendAsync(request.Method, CancellationToken.None, [.. request.Parameters]);
                    Assert.Equal(truth, request.Method == "eth_getTransactionReceipt" ? Essence(answer) : answer.ToString());
                }
            }
            catch (Exception problem) when (problem is RpcException or Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, {bad}: {problem.Message}");
            }

            marked += quorum.Nodes.Count(node => node.Standing == NodeStanding.Lying);
        }

        Assert.True(marked > Cases / 2, $"only {marked} liars were marked");
    }

    [Theory]
    [InlineData(Bad.ThirdLies)]
    [InlineData(Bad.ThirdIsDown)]
    public async Task F07_F08_ThreeOfFiveAreBad_NoAnswerAndAnAlarmAtOnce(Bad bad)
    {
        for (var seed = 0; seed < HopelessCases; seed++)
        {
            var (quorum, random) = Case(seed, bad);
            foreach (var (request, _) in Questions(random, Chain.At(Chain.Head.Number - 1).Hash))
            {
                var answer = quorum.SendAsync(request.Method, CancellationToken.None, [.. request.Parameters]);

                // At once: there is no clock that would have to move.
                Assert.True(answer.IsFaulted, $"seed {seed}, {bad}: {request.Method} has an answer, or waits for one");
                Assert.Equal(RpcFailure.NoQuorum, (await Assert.ThrowsAsync<RpcException>(() => answer)).Kind);
            }
        }
    }

    private static (QuorumRpc Quorum, Random Random) Case(int seed, Bad bad)
    {
        var random = new Random(seed);
        var nodes = Enumerable.Range(0, 5).Select(i => new ScriptedNode($"n{i}", Chain)).ToArray();
        var order = Enumerable.Range(0, 5).ToArray();
        random.Shuffle(order);
        var manner = (Manner)random.Next(4);
        foreach (var (node, i) in order.Take(bad is Bad.TwoLie or Bad.OneLiesOneIsDown ? 2 : 3).Select((node, i) => (node, i)))
        {
            var isDown = (bad == Bad.OneLiesOneIsDown && i == 1) || (bad == Bad.ThirdIsDown && i == 2);
            // A third that joined the two would be a quorum of liars, which nobody can see: it lies by itself.
            var lie = bad is Bad.ThirdLies or Bad.ThirdIsDown && i == 2 ? LieOf(Manner.Alone, i, headsToo: false) : LieOf(manner, i, bad is Bad.TwoLie or Bad.OneLiesOneIsDown);
            (nodes[node].Failure, nodes[node].Lie) = isDown ? (Pick(random, RpcFailure.Transport, RpcFailure.Timeout, RpcFailure.RateLimited, RpcFailure.MalformedReply), null) : ((RpcFailure?)null, lie);
        }

        var options = new ReadQuorumOptions { Required = 3 };
        return (new QuorumRpc(QuorumFixture.Id, [.. nodes.Select(node => new QuorumNode(node.Name, node))], options, new Microsoft.Extensions.Time.Testing.FakeTimeProvider()), random);
    }

    private static RpcFailure Pick(Random random, params RpcFailure[] failures) => failures[random.Next(failures.Length)];

    private static Func<string, JsonNode?, JsonNode?> LieOf(Manner manner, int liar, bool headsToo) => (method, honest) => (manner, method) switch
    {
        (_, "eth_getBlockByNumber") when !headsToo => honest?.DeepClone(),
        (Manner.InConcert, _) => ScriptedNode.InConcert(method, honest),
        (Manner.Alone, "eth_getBlockByNumber") => With(honest, "hash", "0x" + new string((char)('a' + liar), 64)),
        (Manner.Alone, "eth_getTransactionReceipt") => With(honest, "gasUsed", $"0x{liar + 1:x}"),
        (Manner.Alone, "eth_getBalance" or "eth_getTransactionCount") => JsonValue.Create($"0x{liar + 1000:x}"),
        (Manner.Alone, _) => JsonValue.Create($"0x0{liar + 1:x}"),
        (Manner.Nothing, "eth_getBlockByNumber" or "eth_getTransactionReceipt") => null,
        (Manner.Nothing, "eth_getBalance" or "eth_getTransactionCount") => JsonValue.Create("0x0"),
        (Manner.Nothing, _) => JsonValue.Create("0x"),
        (Manner.FarHead, "eth_getBlockByNumber") => With(With(honest, "number", "0xffffffff"), "hash", "0x" + new string('f', 64)),
        (Manner.FarHead, "eth_getTransactionReceipt") => With(honest, "status", "0x0"),
        _ => JsonValue.Create("0x00"),
    };

    private static JsonNode? With(JsonNode? honest, string member, string value)
    {
        var lie = honest?.DeepClone();
        if (lie is JsonObject members)
        {
            members[member] = value;
        }

        return lie;
    }

    private static string Essence(System.Text.Json.JsonElement receipt) => string.Join(' ', receipt.GetProperty("status"), receipt.GetProperty("gasUsed"), receipt.GetProperty("blockHash"));

    private static Hash32 EthHead(System.Text.Json.JsonElement block) => Hash32.FromHex(block.GetProperty("hash").GetString()!);

    /// <summary>Some reads at a block in an order of the seed, with what is true.</summary>
    private static IEnumerable<(RpcRequest Request, string Truth)> Questions(Random random, Hash32 block)
    {
        var about = $"0x{random.Next(1, 1000):x4}";
        var at = QuorumFixture.At(block);
        var all = new (RpcRequest, string)[]
        {
            (new("eth_getBalance", [about, at]), TrueChain.StateAt("eth_getBalance", about, block)),
            (new("eth_call", [new Dictionary<string, object?> { ["data"] = about }, at]), TrueChain.StateAt("eth_call", about, block)),
            (new("eth_getTransactionCount", [about, at]), TrueChain.StateAt("eth_getTransactionCount", about, block)),
        };
        random.Shuffle(all);
        return all.Take(2).Append((new("eth_getTransactionReceipt", [Transaction]), $"0x1 0x5208 {Chain.At(Chain.Head.Number - 1).Hash}"));
    }
}
