using System.Text;
using System.Text.Json;
using KeeperOracle.Chain.Quorum;
using KeeperOracle.Chain.Rpc;

namespace KeeperOracle.Tests.Chain.Quorum;

public sealed class AnswerFormTests
{
    private const string Hash = "0xAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    [Theory]
    [InlineData("eth_getBalance", "\"0x0a\"", "\"0xA\"", true)]
    [InlineData("eth_getBalance", "\"0xa\"", "\"0xb\"", false)]
    [InlineData("eth_call", "\"0xAB\"", "\"0xab\"", true)]
    [InlineData("eth_call", "\"0x0ab0\"", "\"0xab0\"", false)]
    [InlineData("eth_simulateV1", """{"balance":"0x1","nonce":"0xA","x":null}""", """{"nonce":"0xa","balance":"0x1"}""", true)]
    [InlineData("eth_simulateV1", """{"balance":"0x1","proof":["0x1","0x2"]}""", """{"balance":"0x1","proof":["0x2","0x1"]}""", false)]
    [InlineData("eth_getProof", Proof, OtherProof, true)]
    [InlineData("eth_feeHistory", """{"baseFeePerGas":["0x7"],"reward":[["0x1"]],"gasUsedRatio":[0.5]}""", """{"reward":[["0x01"]],"baseFeePerGas":["0x7"],"gasUsedRatio":[0.50001]}""", true)]
    [InlineData("eth_feeHistory", """{"baseFeePerGas":["0x7"]}""", """{"baseFeePerGas":["0x8"]}""", false)]
    [InlineData("eth_getBlockByHash", Block, OtherBlock, true)]
    [InlineData("eth_getTransactionByHash", "null", "null", true)]
    public void Canonical_TwoAnswers_AreTheSameWhereTheyMeanTheSame(string method, string one, string other, bool same) =>
        Assert.Equal(same, Canonical(method, one) == Canonical(method, other));

    [Theory]
    [InlineData("eth_getBalance", "\"12\"")]
    [InlineData("eth_getBalance", "{}")]
    [InlineData("eth_getBlockByHash", "{}")]
    [InlineData("eth_getLogs", "{}")]
    [InlineData("eth_getTransactionReceipt", """{"status":"0x2"}""")]
    public void F05_AnswerOfAnotherShape_IsMalformed(string method, string json) =>
        Assert.Equal(RpcFailure.MalformedReply, Assert.Throws<RpcException>(() => Canonical(method, json)).Kind);

    [Fact]
    public void Reply_OfABlock_HasOnlyWhatWasVotedOn()
    {
        var question = Question.Of(new RpcRequest("eth_getBlockByHash", [Hash, false]));
        using var document = JsonDocument.Parse(OtherBlock);
        var reply = Vote.Of(question, new RpcReply(document.RootElement, null)).Reply().Result;
        Assert.Equal(["number", "hash", "parentHash", "timestamp", "baseFeePerGas", "gasLimit"], reply.EnumerateObject().Select(member => member.Name));
    }

    private const string Proof =
        $$"""{"address":"0x01","balance":"0x1","nonce":"0x0","codeHash":"{{Hash}}","storageHash":"{{Hash}}","accountProof":["0xAB"],"storageProof":[{"key":"0x0","value":"0x1","proof":[]}]}""";

    private const string OtherProof =
        $$"""{"balance":"0x01","nonce":"0x0","codeHash":"{{Hash}}","storageHash":"{{Hash}}","accountProof":["0xab"],"storageProof":[{"key":"0x00","value":"0x1","proof":[]}]}""";

    private const string Block = $$"""{"number":"0x1","hash":"{{Hash}}","parentHash":"{{Hash}}","timestamp":"0x5","gasLimit":"0x1","baseFeePerGas":"0x7"}""";

    private const string OtherBlock = $$"""{"miner":"0x1","size":"0x2","hash":"0xaaAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","parentHash":"{{Hash}}","number":"0x01","timestamp":"0x5","gasLimit":"0x1","baseFeePerGas":"0x7"}""";

    private static string Canonical(string method, string json)
    {
        using var document = JsonDocument.Parse(json);
        return Encoding.UTF8.GetString(AnswerForm.Of(method).Canonical(document.RootElement));
    }
}
