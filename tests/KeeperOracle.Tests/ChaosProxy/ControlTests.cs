using System.Diagnostics;
using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.ChaosProxy;
using KeeperOracle.Tests.EndToEnd;
using static KeeperOracle.Tests.ChaosProxy.ChaosWorld;

namespace KeeperOracle.Tests.ChaosProxy;

/// <summary>The proxy's own methods, its command line, and JSON-RPC as such.</summary>
public sealed class ControlTests
{
    [Fact]
    public async Task Control_RulesSetClearedAndCounted_OverTheSamePort()
    {
        await using var world = await StartAsync();
        var rule = new Dictionary<string, object?> { ["fault"] = "error", ["methods"] = "eth_chainId", ["message"] = "no" };
        var ids = await world.SendAsync("chaos_set", rule);
        Assert.Equal("no", (await world.RefusalAsync("eth_chainId")).Problem);
        var stats = await world.SendAsync("chaos_stats");
        Assert.Equal((1, 1), (stats.GetProperty("calls").GetInt64(), stats.GetProperty("faults").GetInt64()));
        await world.SendAsync("chaos_clear", ids[0].GetInt64());
        Assert.Equal("0x7a69", (await world.SendAsync("eth_chainId")).GetString());
    }

    [Theory]
    [InlineData("chaos_set", """[{"fault": "explode"}]""", "rule 0: 'fault' is none of")]
    [InlineData("chaos_set", "[]", "rule 0 is no object.")]
    [InlineData("chaos_clear", "[99]", "There is no rule 99.")]
    [InlineData("chaos_geth", """[{"magic": true}]""", "'magic' is none of wording, replacementPrice,")]
    [InlineData("chaos_geth", """[{"parking": 1}]""", "'parking' is neither true nor false.")]
    [InlineData("chaos_restart", """["x"]""", "chaos_restart takes a seed.")]
    [InlineData("chaos_replay", "[7]", "A log is a list.")]
    [InlineData("chaos_magic", "[]", "There is no chaos_magic.")]
    public async Task Control_WrongCall_IsRefusedInWords(string method, string parameters, string problem)
    {
        await using var world = await StartAsync();
        object?[] values = [.. JsonDocument.Parse(parameters).RootElement.EnumerateArray().Select(value => (object?)value)];
        var refusal = await world.RefusalAsync(method, values);
        Assert.Equal(-32602, refusal.Code);
        Assert.StartsWith(problem, refusal.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Geth_Switches_AreToldAndChangedByName()
    {
        await using var world = await StartAsync();
        var states = await world.SendAsync("chaos_geth", new Dictionary<string, object?> { ["parking"] = false });
        Assert.False(states.GetProperty("parking").GetBoolean());
        Assert.True(states.GetProperty("keeping").GetBoolean());
        Assert.Equal(12, states.EnumerateObject().Count());
    }

    [Theory]
    [InlineData("{bad", -32700)]
    [InlineData("[]", -32600)]
    [InlineData("7", -32600)]
    public async Task Post_NoRequest_IsRefusedAsGethDoes(string body, int code)
    {
        await using var world = await StartAsync();
        var (_, answer) = await world.PostAsync(body);
        Assert.Equal(code, Json(answer)!["error"]!["code"]!.GetValue<int>());
    }

    [Fact]
    public async Task Batch_OfReadsAndAWrite_KeepsOrderAndEffects()
    {
        await using var world = await StartAsync();
        var replies = await world.Rpc.SendBatchAsync(
            [new("eth_sendRawTransaction", [Transfer(0).ToHex()]), new("evm_mine", []), new("eth_blockNumber", []), new("no_such", [])], CancellationToken.None);
        Assert.Equal("0x1", replies[2].Result.GetString());
        Assert.Equal(RpcFailure.ErrorReply, replies[3].Error!.Kind);
        Assert.Equal(1u, await world.Eth.GetTransactionCountAsync(Account(0), CancellationToken.None));
    }

    [Theory]
    [InlineData("", "--upstream is missing")]
    [InlineData("--upstream", "--upstream needs a value.")]
    [InlineData("--upstream https://example.org", "an http URL on loopback is needed")]
    [InlineData("--upstream http://127.0.0.1:1 --listen 0.0.0.0:1", "'0.0.0.0:1' is not 127.0.0.1:PORT.")]
    [InlineData("--upstream http://127.0.0.1:1 --seed -1", "'-1' is no whole number.")]
    [InlineData("--verbose yes", "'--verbose' is none of")]
    public void CommandLine_Wrong_IsRefusedInWords(string arguments, string problem)
    {
        var refusal = Assert.Throws<FormatException>(() => ChaosProxyOptions.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_StartedWithRules_SaysItsPortServesAndEndsBySigterm()
    {
        await using var anvil = await AnvilNode.StartAsync();
        var rules = Path.GetTempFileName();
        await File.WriteAllTextAsync(rules, """[{"fault": "chainId", "id": "0x5"}]""");
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
        var program = Path.Combine(AppContext.BaseDirectory, "KeeperOracle.ChaosProxy.dll");
        string[] arguments = [program, "--upstream", anvil.Url.ToString(), "--listen", "127.0.0.1:0", "--seed", "3", "--rules", rules];
        using var process = Process.Start(new ProcessStartInfo(dotnet, arguments) { RedirectStandardOutput = true })!;
        try
        {
            var line = await process.StandardOutput.ReadLineAsync();
            using var ready = JsonDocument.Parse(line ?? "");
            using var rpc = new HttpRpc("proxy", new Uri($"http://127.0.0.1:{ready.RootElement.GetProperty("port").GetInt32()}"), Once);
            Assert.Equal("0x5", (await rpc.SendAsync("eth_chainId", CancellationToken.None)).GetString());
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            File.Delete(rules);
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
