using System.Text;
using Microsoft.AspNetCore.Http;

namespace KeeperOracle.ChaosProxy.Doors;

/// <summary>One POST, and what the wire does with its answer.</summary>
internal static class HttpDoor
{
    /// <summary>Nobody is kept waiting for longer.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(10);

    private static readonly byte[] Spaces = Enumerable.Repeat((byte)' ', 64 * 1024).ToArray();

    public static async Task ServeAsync(HttpContext context, Desk desk)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var wire = new Wire();
        var messages = await desk.AnswerAsync(body.ToArray(), wire, connection: null, context.RequestAborted);
        switch (wire.Ending)
        {
            case Ending.Hang:
                await Task.Delay(LongestSilence, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                context.Abort();
                break;
            case Ending.Reset:
                context.Abort();
                break;
            default:
                await DeliverAsync(context, wire, string.Join('\n', messages));
                break;
        }
    }

    private static async Task DeliverAsync(HttpContext context, Wire wire, string answer)
    {
        var response = context.Response;
        response.StatusCode = wire.Status;
        if (wire.RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (wire.Status != StatusCodes.Status200OK)
        {
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(wire.Instead ?? answer);
        var sent = wire.IsCut ? bytes.Length / 2 : bytes.Length;
        response.ContentType = wire.Instead is null ? "application/json" : "text/html";
        response.ContentLength = wire.PaddingBytes + (wire.CutAgrees ? sent : bytes.Length);
        for (var left = wire.PaddingBytes; left > 0; left -= Spaces.Length)
        {
            await response.Body.WriteAsync(Spaces.AsMemory(0, (int)Math.Min(left, Spaces.Length)), context.RequestAborted);
        }

        await response.Body.WriteAsync(bytes.AsMemory(0, sent), context.RequestAborted);
        if (wire.IsCut && !wire.CutAgrees)
        {
            await response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        }
    }
}
