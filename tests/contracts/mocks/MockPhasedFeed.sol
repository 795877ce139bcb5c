// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A feed proxy whose rounds carry a phase, each written by hand
/// @dev A round that was not written answers zeros or, like an aggregator without it, reverts.
contract MockPhasedFeed {
    struct Round {
        int256 answer;
        uint256 updatedAt;
    }

    error NoDataPresent();

    uint8 public constant decimals = 8;
    uint80 public latest;
    bool public silentWhereAbsent;
    mapping(uint80 roundId => Round) private _rounds;

    function set(uint16 phase, uint64 round, int256 answer, uint256 updatedAt) external {
        latest = (uint80(phase) << 64) | round;
        _rounds[latest] = Round(answer, updatedAt);
    }

    function setLatest(uint80 roundId) external {
        latest = roundId;
    }

    function setSilentWhereAbsent(bool silent) external {
        silentWhereAbsent = silent;
    }

    function getRoundData(uint80 roundId) public view returns (uint80, int256, uint256, uint256, uint80) {
        Round memory round = _rounds[roundId];
        if (round.updatedAt == 0 && !silentWhereAbsent) revert NoDataPresent();
        return (roundId, round.answer, round.updatedAt, round.updatedAt, roundId);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(latest);
    }
}
