using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace HmsOrleans.Api.Problems;

/// <summary>Everything that can go wrong with a request, each with a <c>type</c> that stays as it is (RFC 9457). This list is all of them.</summary>
/// <param name="Name">Last part of the type's URI.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">The problem in a few words, the same each time.</param>
/// <param name="Example">A detail as it may read, for the documentation.</param>
internal sealed record ProblemType(string Name, int Status, string Title, string Example)
{
    public static readonly ProblemType AddressMalformed = new("address-malformed", 400, "Not a host address",
        "'10.0.0.300' is no address of a host: give its IPv4 or IPv6 address or its name, as GET /hosts lists them.");

    public static readonly ProblemType ContainerMalformed = new("container-malformed", 400, "Not a container's id or name",
        "'web one' cannot name a container: give its id, the beginning of its id or its name (letters, digits, '_', '.', '-').");

    public static readonly ProblemType ContainerAmbiguous = new("container-ambiguous", 400, "Several containers fit",
        "'3f' is the beginning of 2 ids on 10.0.0.1: 3f4c5b6a7d8e web, 3fa9b8c7d6e5 db. Give more digits or the name.");

    public static readonly ProblemType BodyInvalid = new("body-invalid", 400, "The body cannot be read",
        "The body is missing. Send a JSON object such as {\"threshold\": 60}.");

    public static readonly ProblemType FieldInvalid = new("field-invalid", 400, "A field is wrong",
        "'threshold' is 101; it must be a number from 0 to 100 (percent).");

    public static readonly ProblemType ParameterInvalid = new("parameter-invalid", 400, "A parameter is wrong",
        "'limit' is 501; it must be a whole number from 1 to 500.");

    public static readonly ProblemType RequestInvalid = new("request-invalid", 400, "The request cannot be understood",
        "The request cannot be understood. /openapi/v1.json says what is expected.");

    public static readonly ProblemType KeyRequired = new("key-required", 401, "A key is needed",
        "Send one of the keys of Hms:Api:Keys in the header 'X-Api-Key' or as 'Authorization: Bearer'; a browser signs in at /signin.");

    public static readonly ProblemType RoleInsufficient = new("role-insufficient", 403, "The key does not permit this",
        "The key 'wall-screen' has the role viewer, and this needs operator.");

    public static readonly ProblemType OriginRefused = new("origin-refused", 403, "Another web site asked for this",
        "The request comes from a page of https://example.com. Pages of other sites may not use this API through a visitor's browser.");

    public static readonly ProblemType PathUnknown = new("path-unknown", 404, "Nothing here",
        "There is nothing at /container. /scalar shows all paths.");

    public static readonly ProblemType HostUnknown = new("host-unknown", 404, "No such host",
        "No host 10.0.0.9 is under supervision. GET /hosts lists those that are; PUT /containers/10.0.0.9 adds it.");

    public static readonly ProblemType ContainerNotFound = new("container-not-found", 404, "No such container",
        "No container on 10.0.0.1 has an id that begins with 'web', or that name. GET /containers/10.0.0.1 lists them.");

    public static readonly ProblemType IncidentNotFound = new("incident-not-found", 404, "No such incident",
        "No incident has the id 019b7a1c30f07c0f8a3c1d6e5f4a3b2c; it may have been older than Hms:History:Retention. GET /incidents lists those that are known.");

    public static readonly ProblemType ChannelNotFound = new("channel-not-found", 404, "No such channel",
        "No channel is called 'night-watch'. GET /notifications lists those that are configured (Hms:Notifications:Channels).");

    public static readonly ProblemType WindowNotFound = new("window-not-found", 404, "No such maintenance window",
        "No maintenance window has the id 5f0a1d5e. GET /notifications lists those that are under way or to come.");

    public static readonly ProblemType MethodNotAllowed = new("method-not-allowed", 405, "Not with this method",
        "/hosts does not know PATCH, only GET.");

    public static readonly ProblemType NodeMissing = new("node-missing", 409, "No node runs there",
        "No HmsOrleans node for 10.0.0.9 is in the cluster: start an HmsOrleans node on that host with Hms:Host:Address=10.0.0.9, then repeat this request.");

    public static readonly ProblemType RestartRefused = new("restart-refused", 409, "It cannot be restarted now",
        "Nothing was done: web is ignored, and what is ignored is not touched: put it under supervision first, with PUT /containers/10.0.0.1/web.");

    public static readonly ProblemType AgentMissing = new("agent-missing", 409, "No agent of the antagonist runs there",
        "No agent of the antagonist reports from 10.0.0.1: start it there with the arguments 'agent --host 10.0.0.1'; --help says how it finds the cluster.");

    public static readonly ProblemType BodyTooLarge = new("body-too-large", 413, "The body is too large",
        "The body is larger than 65536 bytes, which no command needs.");

    public static readonly ProblemType ContentTypeUnsupported = new("content-type-unsupported", 415, "Not JSON",
        "Send the body with 'Content-Type: application/json'.");

    public static readonly ProblemType HostNameRefused = new("host-name-refused", 421, "Not a name of this machine",
        "Without keys this node answers only to localhost, 127.0.0.1 and [::1], not to 'example.com'. Set Hms:Api:Keys to let others in.");

    public static readonly ProblemType Internal = new("internal", 500, "A fault of the program",
        "The request failed by a fault of the program, which is in the node's log.");

    public static readonly ProblemType HostUnavailable = new("host-unavailable", 503, "The host does not answer",
        "10.0.0.1 does not answer; its last sign of life was at 2026-01-02T03:04:05Z. Look whether its node runs; it heals its containers on its own meanwhile.");

    public static readonly ProblemType FleetUnavailable = new("fleet-unavailable", 503, "The controller does not answer",
        "The controller did not answer within 5 s. It moves to another node by itself when its own is lost: try again in a few seconds.");

    public static readonly ProblemType HistoryUnavailable = new("history-unavailable", 503, "The history does not answer",
        "The history did not answer (no reply within the time limit). What happens meanwhile is kept on the hosts, and comes into it later.");

    public static readonly ProblemType ViewersTooMany = new("viewers-too-many", 503, "Too many follow the events",
        "500 follow the events of this node already, which is all that Hms:Api:MaxViewers permits. Close pages that nobody looks at, or ask another node.");

    /// <summary>All types, by status.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [
        AddressMalformed, ContainerMalformed, ContainerAmbiguous, BodyInvalid, FieldInvalid, ParameterInvalid, RequestInvalid, KeyRequired,
        RoleInsufficient, OriginRefused, PathUnknown, HostUnknown, ContainerNotFound, IncidentNotFound, ChannelNotFound, WindowNotFound, MethodNotAllowed, NodeMissing, RestartRefused, AgentMissing,
        BodyTooLarge, ContentTypeUnsupported, HostNameRefused, Internal, HostUnavailable, FleetUnavailable, HistoryUnavailable, ViewersTooMany,
    ];

    /// <summary>The URI in the field <c>type</c>.</summary>
    public string Uri => "urn:hms:problem:" + Name;

    /// <summary>The reply.</summary>
    /// <param name="detail">What is wrong this time, and what to do about it.</param>
    /// <param name="members">Fields beyond the standard's, for programs.</param>
    public ProblemHttpResult With(string detail, params ReadOnlySpan<(string Name, object? Value)> members)
    {
        var problem = new ProblemDetails { Type = Uri, Title = Title, Status = Status, Detail = detail };
        foreach (var (name, value) in members)
        {
            problem.Extensions[name] = value;
        }
        return TypedResults.Problem(problem);
    }
}
