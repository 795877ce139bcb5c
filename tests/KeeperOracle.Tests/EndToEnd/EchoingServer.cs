using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// The worst node, signer or oracle node there is: whatever it is asked, it answers with an error that repeats the whole URL it was asked at
/// and what it was authorised with, in its message and its data.
/// </summary>
internal sealed class EchoingServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EchoingServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.Single());

    public int Asked { get; private set; }

    public static async Task<EchoingServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var server = new EchoingServer(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Asked++;
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var question = await reader.ReadToEndAsync();
        var id = question.StartsWith('{') ? JsonNode.Parse(question)?["id"]?.DeepClone() : null;
        var told = $"no access for {context.Request.Headers.Authorization} at {context.Request.GetEncodedUrl()} ({context.Request.GetDisplayUrl()})";
        await context.Response.WriteAsJsonAsync(new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = id,
            ["error"] = new JsonObject { ["code"] = -32000, ["message"] = told, ["data"] = told },
        });
    }
}
